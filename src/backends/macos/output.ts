// What `security` prints: the password line of `find-generic-password -g`, the items of `dump-
// keychain`, the status of a command that failed. Values are `"text"` with nothing escaped, or
// `0xHEX` and a readable form that is not exact; so the hex digits win wherever they are.

import type { EntryInfo } from "../../keyring.ts";
import type { KeychainForm } from "../../layouts/layout.ts";

/**
 * The bytes of each attribute of a password that has a value, by its four characters; `label`, and
 * the `keychain` that it is in.
 */
export type Attributes = Map<string, Uint8Array>;

type PasswordClass = KeychainForm["class"];

const PASSWORD_PREFIX = "password: ";
const CLASS_LINES: Record<PasswordClass, string> = {
  generic: 'class: "genp"',
  internet: 'class: "inet"',
};
const KEYCHAIN_PREFIX = "keychain: ";
const LABEL_PREFIX = "    0x00000007 <blob>=";
const QUOTE = 0x22;
const LATIN1 = new TextDecoder("latin1");
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Finds the status of a failed command. Its line is the same in every language and exact where the
 * exit code is not, and no name or secret can forge it: stderr shows a secret on one line that
 * begins with `password: `.
 */
export function reportedStatus(command: string, stderr: Uint8Array): number | undefined {
  const prefix = `${command}: returned `;
  for (const line of lines(stderr)) {
    if (!startsWith(line, prefix)) continue;
    const digits = LATIN1.decode(line.subarray(prefix.length));
    if (/^-?\d+$/.test(digits)) return Number(digits);
  }
  return undefined;
}

/** Reads the secret from what `find-generic-password -g` printed on stderr. */
export function parsePassword(stderr: Uint8Array): Uint8Array | undefined {
  for (const line of lines(stderr)) {
    if (startsWith(line, PASSWORD_PREFIX)) return parseValue(line.slice(PASSWORD_PREFIX.length));
  }
  return undefined;
}

/** Reads a value, and overwrites it where it was printed. */
export function parseValue(printed: Uint8Array): Uint8Array | undefined {
  try {
    if (printed.length === 0) return new Uint8Array();
    if (printed[0] === QUOTE && printed.at(-1) === QUOTE && printed.length > 1) {
      return printed.slice(1, -1);
    }
    const digits = /^0x((?:[0-9A-F]{2})+) (?: ".*")?$/.exec(LATIN1.decode(printed))?.[1];
    return digits === undefined ? undefined : Uint8Array.fromHex(digits);
  } finally {
    printed.fill(0);
  }
}

/** Reads the passwords of a class from what `dump-keychain`, or a search, printed. */
export function parseDump(stdout: Uint8Array, kind: PasswordClass = "generic"): Attributes[] {
  const wanted = CLASS_LINES[kind];
  const items: Attributes[] = [];
  let current: Attributes | undefined;
  let keychain: Uint8Array | undefined;
  for (const line of lines(stdout)) {
    if (startsWith(line, KEYCHAIN_PREFIX)) {
      current = undefined;
      keychain = parseValue(line.slice(KEYCHAIN_PREFIX.length));
    }
    if (startsWith(line, "class: ")) {
      current = undefined;
      if (line.length === wanted.length && startsWith(line, wanted)) {
        current = new Map(keychain ? [["keychain", keychain]] : []);
        items.push(current);
      }
    }
    if (current && startsWith(line, LABEL_PREFIX)) {
      const label = parseValue(line.slice(LABEL_PREFIX.length));
      if (label !== undefined) current.set("label", label);
    }
    if (current && startsWith(line, '    "')) addAttribute(current, line);
  }
  return items;
}

function addAttribute(attributes: Attributes, line: Uint8Array): void {
  const name = /^ {4}"(.{4})"<[a-z0-9]+>=/.exec(LATIN1.decode(line));
  if (!name?.[1]) return;
  // No value at all is printed as a bare <NULL>, which is no value to parseValue either.
  const value = parseValue(line.slice(name[0].length));
  if (value !== undefined) attributes.set(name[1], value);
}

/** The attributes that are text; the port, which is a number, with a character for each byte. */
export function textsOf(attributes: Attributes): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [name, bytes] of attributes) {
    const text = name === "port" ? String.fromCharCode(...bytes) : textOf(bytes);
    if (text !== undefined) texts.set(name, text);
  }
  return texts;
}

/** Makes the entries of items; what is no entry of this form, or has names that are not text, is left out. */
export function entriesOf(
  items: readonly Attributes[],
  form: Pick<KeychainForm, "namesOf">,
  service?: string,
): EntryInfo[] {
  const entries = new Map<string, EntryInfo>();
  for (const attributes of items) {
    const names = form.namesOf(textsOf(attributes));
    if (!names || service !== undefined && names.service !== service) continue;
    const key = JSON.stringify([names.service, names.username]);
    if (!entries.has(key)) entries.set(key, { ...names, ...infoOf(attributes) });
  }
  return [...entries.values()];
}

function infoOf(attributes: Attributes): Pick<EntryInfo, "modified" | "comment"> {
  const modified = modifiedOf(attributes);
  const comment = textOf(attributes.get("icmt"));
  return { ...modified && { modified }, ...comment && { comment } };
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  try {
    return bytes && UTF8.decode(bytes);
  } catch {
    return undefined;
  }
}

export function modifiedOf(attributes: Attributes | undefined): Date | undefined {
  const text = LATIN1.decode(attributes?.get("mdat") ?? new Uint8Array());
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z\0?$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

// Without copying what may be a secret.
function* lines(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

function startsWith(line: Uint8Array, prefix: string): boolean {
  if (line.length < prefix.length) return false;
  for (let index = 0; index < prefix.length; index++) {
    if (line[index] !== prefix.charCodeAt(index)) return false;
  }
  return true;
}

// What `security` prints: the password line of `find-generic-password -g` and the items of `dump-
// keychain`. Both show a value as `"text"` with nothing escaped, or as `0xHEX`, followed by a
// readable form that is not exact; so the hex digits win wherever they are.

import { decodeHex } from "./hex.ts";
import { lines, startsWith } from "./protocol.ts";

/** A generic password without its secret, as `dump-keychain` shows it. */
export interface DumpedItem {
  /** The bytes of each attribute that has a value, by its four-character name. */
  attributes: Map<string, Uint8Array>;
}

const PASSWORD_PREFIX = "password: ";
const GENERIC_PASSWORD = 'class: "genp"';
const QUOTE = 0x22;

/** Reads the secret from what `find-generic-password -g` printed on stderr. */
export function parsePassword(stderr: Uint8Array): Uint8Array | undefined {
  for (const line of lines(stderr)) {
    if (startsWith(line, PASSWORD_PREFIX)) return parseValue(line.slice(PASSWORD_PREFIX.length));
  }
  return undefined;
}

/** Reads a value as `security` prints it. */
export function parseValue(printed: Uint8Array): Uint8Array | undefined {
  try {
    if (printed.length === 0) return new Uint8Array();
    if (printed[0] === QUOTE && printed.at(-1) === QUOTE && printed.length > 1) {
      return printed.slice(1, -1);
    }
    const text = new TextDecoder("latin1").decode(printed);
    const digits = /^0x([0-9A-F]+) (?: ".*")?$/.exec(text)?.[1];
    return digits === undefined || digits.length % 2 === 1 ? undefined : decodeHex(digits);
  } finally {
    printed.fill(0);
  }
}

/**
 * Reads the generic passwords from what `dump-keychain` printed on stdout. Items of other classes
 * are left out.
 */
export function parseDump(stdout: Uint8Array): DumpedItem[] {
  const items: DumpedItem[] = [];
  let current: DumpedItem | undefined;
  for (const bytes of lines(stdout)) {
    if (startsWith(bytes, "keychain: ")) current = undefined;
    if (startsWith(bytes, "class: ")) {
      current = undefined;
      if (bytes.length === GENERIC_PASSWORD.length && startsWith(bytes, GENERIC_PASSWORD)) {
        current = { attributes: new Map() };
        items.push(current);
      }
    }
    if (current && startsWith(bytes, '    "')) addAttribute(current, bytes);
  }
  return items;
}

function addAttribute(item: DumpedItem, line: Uint8Array): void {
  const name = /^ {4}"(.{4})"<[a-z0-9]+>=/.exec(new TextDecoder("latin1").decode(line));
  if (!name?.[1]) return;
  // No value at all is printed as a bare <NULL>, which is no value to parseValue either.
  const value = parseValue(line.slice(name[0].length));
  if (value !== undefined) item.attributes.set(name[1], value);
}

/** Reads the time of an attribute such as `mdat`. */
export function parseTime(value: Uint8Array | undefined): Date | undefined {
  const text = new TextDecoder("latin1").decode(value ?? new Uint8Array());
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z\0?$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

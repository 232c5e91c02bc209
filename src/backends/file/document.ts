// The JSON that is encrypted.

import type { Entry } from "../../backend.ts";
import { Failure } from "../../errors.ts";

export interface FileEntry extends Entry {
  password?: string;
  /** Base64, for secrets that are not text, or long. */
  secret?: string;
  modified?: string;
}

export interface FileDocument {
  /** Empty when the file has a passphrase. */
  recipients: string[];
  entries: Map<string, FileEntry>;
}

/** The largest file that is read or written, in bytes. */
export const LARGEST_FILE = 128 * 1024 * 1024;

const FORMAT = "os-keyring-file";
const VERSION = 1;

// A long text of control characters would grow to six times its size.
const LONGEST_TEXT = 1024 * 1024;

export function keyOf({ service, username }: Entry): string {
  return JSON.stringify([service, username]);
}

/** Refuses anything that this version does not know, so that no write can lose it. */
export function parseDocument(plaintext: Uint8Array): FileDocument {
  const value = parseJson(plaintext);
  if (!isObject(value) || value.format !== FORMAT) {
    throw corrupt(`what is encrypted has no "format": "${FORMAT}"`);
  }
  if (value.version !== VERSION) {
    const shown = typeof value.version === "number" ? ` ${value.version}` : "";
    throw new Failure("corrupt", `this program does not know its version${shown}`, {
      advice: `It knows version ${VERSION}. Update the program.`,
    });
  }
  onlyMembers(value, ["format", "version", "recipients", "entries"], "the file");
  const { recipients, entries } = value;
  if (!Array.isArray(recipients) || !recipients.every(isPrintable)) {
    throw corrupt(`"recipients" is not a list of recipients`);
  }
  if (!Array.isArray(entries)) throw corrupt(`"entries" is not a list`);
  const known = new Map(entries.map(checkEntry).map((entry) => [keyOf(entry), entry]));
  if (known.size < entries.length) throw corrupt("it has one entry twice");
  return { recipients, entries: known };
}

function parseJson(plaintext: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plaintext));
  } catch {
    // Without the cause: its message quotes the text, and with it secrets.
    throw corrupt("what is encrypted is not JSON");
  }
}

function checkEntry(entry: unknown, index: number): FileEntry {
  const what = `entry ${index + 1}`;
  if (!isObject(entry)) throw corrupt(`${what} is not an object`);
  onlyMembers(entry, ["service", "username", "password", "secret", "modified"], what);
  const { service, username, password, secret, modified } = entry;
  if (!isText(service) || service === "") throw corrupt(`${what} has no service`);
  if (!isText(username)) throw corrupt(`${what} has no username`);
  if ((password === undefined) === (secret === undefined)) {
    throw corrupt(`${what} does not have exactly one of "password" and "secret"`);
  }
  if (password !== undefined && !isText(password)) throw corrupt(`${what} has a broken password`);
  if (secret !== undefined && typeof secret !== "string") {
    throw corrupt(`${what} has a broken secret`);
  }
  if (modified !== undefined && !isDate(modified)) throw corrupt(`${what} has a broken date`);
  return entry as unknown as FileEntry;
}

function isPrintable(value: unknown): value is string {
  return typeof value === "string" && /^[\x20-\x7e]+$/.test(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function isDate(value: unknown): boolean {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function onlyMembers(value: object, known: readonly string[], what: string): void {
  if (Object.keys(value).some((member) => !known.includes(member))) {
    throw corrupt(`${what} has a member that this program does not know`);
  }
}

function corrupt(reason: string): Failure {
  return new Failure("corrupt", reason);
}

export function formatDocument({ recipients, entries }: FileDocument): Uint8Array {
  const head = JSON.stringify({ format: FORMAT, version: VERSION, recipients }).slice(0, -1);
  const lines = Array.from(entries.values(), (entry) => JSON.stringify(entry));
  // A single string for all of them can end the process: V8 runs out of memory beyond 256 MiB.
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  if (length > LARGEST_FILE) {
    const limit = `at most ${LARGEST_FILE} are allowed`;
    throw new Failure("other", `the encrypted file would have ${length} bytes, and ${limit}`);
  }
  return new TextEncoder().encode(`${head},"entries":[\n${lines.join(",\n")}\n]}\n`);
}

export function makeEntry({ service, username }: Entry, secret: Uint8Array): FileEntry {
  const text = secret.length > LONGEST_TEXT ? undefined : asText(secret);
  const value = text === undefined ? { secret: secret.toBase64() } : { password: text };
  return { service, username, ...value, modified: new Date().toISOString() };
}

function asText(secret: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(secret);
  } catch {
    return undefined;
  }
}

export function secretOf({ password, secret }: FileEntry): Uint8Array {
  if (password !== undefined) return new TextEncoder().encode(password);
  try {
    return Uint8Array.fromBase64(secret ?? "");
  } catch {
    throw corrupt("the secret of the entry is not base64");
  }
}

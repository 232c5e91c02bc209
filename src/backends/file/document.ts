import { FileError } from "./file_error.ts";

export interface FileEntry {
  service: string;
  username: string;
  password?: string;
  /** The secret in base64, when it is not text, or long. */
  secret?: string;
  modified?: string;
}

export interface FileDocument {
  /** Whom it is encrypted for; empty when it has a passphrase. */
  recipients: string[];
  /** The entries, each service and username once. */
  entries: FileEntry[];
}

/** The largest encrypted file that is read or written, in bytes. */
export const LARGEST_FILE = 128 * 1024 * 1024;

const FORMAT = "os-keyring-file";
const VERSION = 1;

// A long text of control characters would grow to six times its size.
const LONGEST_TEXT = 1024 * 1024;

/**
 * Reads a decrypted encrypted file. Whatever this version does not know is refused, so that no
 * write of its own can lose it.
 */
export function parseDocument(plaintext: Uint8Array): FileDocument {
  const value = parseJson(plaintext);
  if (!isObject(value) || value.format !== FORMAT) {
    throw damaged(`what is encrypted has no "format": "${FORMAT}"`);
  }
  if (value.version !== VERSION) {
    const shown = typeof value.version === "number" ? ` ${value.version}` : "";
    throw new FileError("damaged", `its version${shown} is none that this program knows`, {
      advice: `It knows version ${VERSION}. Update the program.`,
    });
  }
  onlyMembers(value, ["format", "version", "recipients", "entries"], "the encrypted file");
  const { recipients, entries } = value;
  if (!Array.isArray(recipients) || !recipients.every((each) => typeof each === "string")) {
    throw damaged(`"recipients" is not a list of texts`);
  }
  if (!Array.isArray(entries)) throw damaged(`"entries" is not a list`);
  entries.forEach(checkEntry);
  const document = { recipients, entries } as FileDocument;
  const names = document.entries.map(({ service, username }) => `${service}\0${username}`);
  if (new Set(names).size < names.length) throw damaged("an entry stands in it twice");
  return document;
}

function parseJson(plaintext: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plaintext));
  } catch {
    // Without the cause: its message quotes the text, and with it secrets.
    throw damaged("what is encrypted is not JSON");
  }
}

function checkEntry(entry: unknown, index: number): void {
  const what = `entry ${index + 1}`;
  if (!isObject(entry)) throw damaged(`${what} is not an object`);
  onlyMembers(entry, ["service", "username", "password", "secret", "modified"], what);
  const { service, username, password, secret, modified } = entry;
  if (!isText(service) || service === "") throw damaged(`${what} has no service`);
  if (!isText(username)) throw damaged(`${what} has no username`);
  if ((password === undefined) === (secret === undefined)) {
    throw damaged(`${what} has not one of "password" and "secret"`);
  }
  if (password !== undefined && !isText(password)) throw damaged(`${what} has a broken password`);
  if (secret !== undefined && typeof secret !== "string") {
    throw damaged(`${what} has a broken secret`);
  }
  if (
    modified !== undefined &&
    (typeof modified !== "string" || Number.isNaN(Date.parse(modified)))
  ) {
    throw damaged(`${what} has a broken date`);
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function onlyMembers(value: object, known: readonly string[], what: string): void {
  if (Object.keys(value).some((member) => !known.includes(member))) {
    throw damaged(`${what} has a member that this program does not know`);
  }
}

function damaged(reason: string): FileError {
  return new FileError("damaged", reason);
}

export function formatDocument({ recipients, entries }: FileDocument): Uint8Array {
  const head = JSON.stringify({ format: FORMAT, version: VERSION, recipients }).slice(0, -1);
  const lines = entries.map((entry) => JSON.stringify(entry));
  // One text for all of them can end the process: V8 runs out of its own room beyond 256 MiB.
  const length = lines.reduce((sum, line) => sum + line.length, 0);
  if (length > LARGEST_FILE) {
    throw new FileError(
      "other",
      `the encrypted file would have ${length} bytes, and can have at most ` +
        `${LARGEST_FILE}`,
    );
  }
  return new TextEncoder().encode(`${head},"entries":[\n${lines.join(",\n")}\n]}\n`);
}

export function findEntry(document: FileDocument, service: string, username: string): number {
  return document.entries.findIndex((entry) =>
    entry.service === service && entry.username === username
  );
}

export function makeEntry(service: string, username: string, secret: Uint8Array): FileEntry {
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
    throw damaged("the secret of the entry is not base64");
  }
}

import type { NameLimits } from "../backend.ts";
import { checkNames, checkPassword } from "../checks.ts";
import { KeyringError } from "../errors.ts";

export const FIELDS: readonly string[] = ["service", "username", "password", "base64"];

export interface Entry {
  service: string;
  username: string;
  /** Text, or bytes that are not text; missing in a list of names. */
  secret?: string | Uint8Array;
}

export interface ReadEntry extends Entry {
  /** The line that it begins on, counted from 1. */
  line: number;
  secret: string | Uint8Array;
}

/** Why a line is not an entry. The message never shows what the line holds as a secret. */
export class LineError extends Error {
  override name = "LineError";

  constructor(readonly line: number, reason: string) {
    super(reason);
  }
}

export interface Contents {
  entries: ReadEntry[];
  problems: LineError[];
}

export function addLine({ entries, problems }: Contents, read: () => ReadEntry): void {
  try {
    entries.push(read());
  } catch (error) {
    if (!(error instanceof LineError)) throw error;
    problems.push(error);
  }
}

// Only the store knows what it can hold.
const LIMITS: NameLimits = { unit: "bytes", service: Infinity, username: Infinity };

export function toEntry(line: number, fields: Readonly<Record<string, unknown>>): ReadEntry {
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) throw new LineError(line, unknownField(unknown));
  const service = textOf(line, fields, "service");
  const username = textOf(line, fields, "username");
  const secret = secretOf(line, fields);
  try {
    checkNames({ operation: "set", service, username }, LIMITS);
    if (typeof secret === "string") checkPassword(secret, { operation: "set" });
  } catch (error) {
    throw error instanceof KeyringError ? new LineError(line, error.reason) : error;
  }
  return { line, service, username, secret };
}

export function unknownField(name: string): string {
  const what = /^[\p{L}_][\p{L} _-]{0,31}$/u.test(name) ? `"${name}"` : "a column or key";
  return `${what} is unknown; the names are ${FIELDS.join(", ")}`;
}

function secretOf(line: number, fields: Readonly<Record<string, unknown>>): string | Uint8Array {
  const [isText, isBytes] = ["password", "base64"].map((name) => fields[name] !== undefined);
  if (isText && isBytes) throw new LineError(line, "it has both a password and base64");
  if (!isText && !isBytes) throw new LineError(line, "it has neither a password nor base64");
  if (isText) return textOf(line, fields, "password");
  try {
    return Uint8Array.fromBase64(textOf(line, fields, "base64"), { lastChunkHandling: "strict" });
  } catch (error) {
    // The error of the decoder may quote what it could not decode.
    throw error instanceof LineError ? error : new LineError(line, "its base64 is not valid");
  }
}

function textOf(
  line: number,
  fields: Readonly<Record<string, unknown>>,
  name: string,
): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  const found = value === undefined ? "missing" : value === null ? "null" : `a ${typeof value}`;
  throw new LineError(line, `the ${name} is ${found}, and must be text`);
}

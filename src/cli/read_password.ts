import type { Input } from "./command.ts";
import { decodeText, TextError } from "../lib/text.ts";
import { CommandError } from "./usage_error.ts";

/** The maximum input: far more than any store holds, and too little to exhaust a machine. */
export const LARGEST_INPUT = 64 * 1024 * 1024;

/**
 * Reads a password from a pipe, stripping exactly one trailing newline. The bytes read are
 * overwritten afterwards.
 */
export async function readPassword(
  input: Input,
  os: typeof Deno.build.os,
  advice?: string,
): Promise<string> {
  const text = await withAll(input, (bytes) => decode(bytes, advice));
  return text.replace(os === "windows" ? /\r?\n$/ : /\n$/, "");
}

/** Reads a passphrase from a pipe in the same way as from a file, which could not open it otherwise. */
export async function readPassphrase(input: Input): Promise<string> {
  const start = "Cannot use the passphrase";
  try {
    const text = await withAll(input, (bytes) => decodeText(bytes), `${start}: it is too long`);
    return text.replace(/\r?\n$/, "");
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new CommandError(`${start}: ${error.message}`);
  }
}

/**
 * Reads all bytes from a pipe, up to {@linkcode LARGEST_INPUT}. They are overwritten afterwards.
 */
export async function withAll<T>(
  input: Pick<Input, "read">,
  use: (bytes: Uint8Array) => T | Promise<T>,
  tooLarge = `Cannot store the password: the input has more than ${LARGEST_INPUT} bytes`,
): Promise<T> {
  let bytes = new Uint8Array(4096);
  let length = 0;
  try {
    while (true) {
      if (length === bytes.length) bytes = grow(bytes);
      const count = await input.read(bytes.subarray(length));
      if (count === null) break;
      length += count;
      if (length > LARGEST_INPUT) throw new CommandError(tooLarge);
    }
    return await use(bytes.subarray(0, length));
  } finally {
    bytes.fill(0);
  }
}

/** Reads all bytes from a pipe. */
export function readBytes(input: Input): Promise<Uint8Array> {
  return withAll(input, (bytes) => bytes.slice());
}

/** Copies bytes into a buffer of twice the size, and overwrites the old ones. */
export function grow(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length);
  larger.set(bytes);
  bytes.fill(0);
  return larger;
}

/** Decodes a password. The advice, if any, is for a password that is not text. */
function decode(bytes: Uint8Array, advice?: string): string {
  try {
    return decodeText(bytes);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    const reason = `Cannot store the password: ${error.message}`;
    throw new CommandError(advice === undefined ? reason : `${reason}. ${advice}`);
  }
}

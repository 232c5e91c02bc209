import type { Input } from "./command.ts";
import { CommandError } from "./usage_error.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** The most bytes that are read: far more than any store holds, less than brings a machine down. */
export const LARGEST_INPUT = 64 * 1024 * 1024;

/**
 * Reads a password from a pipe: all of it but one newline at the end. The bytes read are
 * overwritten afterwards.
 */
export async function readPassword(input: Input, os: typeof Deno.build.os): Promise<string> {
  return await withAll(input, (bytes) => decode(withoutNewline(bytes, os)));
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

/** Copies bytes into twice the room, and overwrites the old ones. */
export function grow(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length);
  larger.set(bytes);
  bytes.fill(0);
  return larger;
}

export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandError("Cannot store the password: the input is not valid UTF-8");
  }
}

function withoutNewline(bytes: Uint8Array, os: typeof Deno.build.os): Uint8Array {
  if (bytes.at(-1) !== NEWLINE) return bytes;
  return bytes.subarray(0, os === "windows" && bytes.at(-2) === RETURN ? -2 : -1);
}

/**
 * The file that `keyring run --env-file` reads. It holds names of entries, never a secret.
 *
 * @module
 */

import { quote } from "../errors.ts";
import { type Assignment, readLines } from "./assignment.ts";
import { CommandError } from "./usage_error.ts";

// A thousand lines; what is larger is another file, or has no end.
const MAX_BYTES = 64 * 1024;

/**
 * Reads a map of variables and entries.
 *
 * @param path The file.
 * @returns What it says, in its order.
 */
export async function readEnvFile(path: string): Promise<Assignment[]> {
  return readLines(decode(await readBounded(path), path), path);
}

async function readBounded(path: string): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  try {
    using file = await Deno.open(path);
    while (length < buffer.length) {
      const count = await file.read(buffer.subarray(length));
      if (count === null) return buffer.subarray(0, length);
      length += count;
    }
  } catch (error) {
    throw cannotRead(path, reasonOf(error, path), error);
  }
  throw cannotRead(path, `it has more than ${MAX_BYTES / 1024} KiB`);
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw cannotRead(path, "it is not UTF-8", error);
  }
}

function reasonOf(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotCapable) {
    return `a Deno permission is missing. Add --allow-read=${path} to the deno command.`;
  }
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  return error instanceof Error ? error.message : String(error);
}

function cannotRead(path: string, reason: string, cause?: unknown): CommandError {
  return new CommandError(`Cannot read ${quote(path)}: ${reason}`, { cause });
}

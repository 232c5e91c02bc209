// The file that `keyring run --env-file` reads. It holds names of entries, never a secret.

import type { Input } from "../command.ts";
import { openToRead } from "../files.ts";
import { messageOf } from "../output.ts";
import { CommandError } from "../usage_error.ts";
import { type Assignment, readLines } from "./assignment.ts";

// A thousand lines; what is larger is another file, or has no end.
const MAX_BYTES = 64 * 1024;

export async function readEnvFile(path: string): Promise<Assignment[]> {
  using file = await openToRead(path);
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readBounded(file));
    return readLines(text, path);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const reason = error instanceof TypeError ? "it is not UTF-8" : messageOf(error);
    throw new CommandError(`Cannot read ${path}: ${reason}`, { cause: error });
  }
}

async function readBounded(file: Pick<Input, "read">): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) return buffer.subarray(0, length);
    length += count;
  }
  throw new RangeError(`it has more than ${MAX_BYTES / 1024} KiB`);
}

import { decodeText } from "../../lib/text.ts";
import type { Input } from "../command.ts";
import { openToRead } from "../files.ts";
import { messageOf } from "../output.ts";
import { CommandError } from "../usage_error.ts";
import { type Assignment, readVariable } from "./assignment.ts";

const MAX_VALUE_BYTES = 64 * 1024;
// A larger file is the wrong one, or endless.
const MAX_FILE_BYTES = 1024 * 1024;

/** Reads an `.env` file, in which a value may be a reference, `keyring://SERVICE/USERNAME`. */
export async function readEnvFile(path: string, stdin: Input): Promise<Assignment[]> {
  if (path === "-") return parse(await readText(stdin, "standard input"), "standard input");
  using file = await openToRead(path);
  return await parse(await readText(file, path), path);
}

async function readText(file: Pick<Input, "read">, path: string): Promise<string> {
  try {
    return decodeText(await readBounded(file));
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function readBounded(file: Pick<Input, "read">): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_FILE_BYTES + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) return buffer.subarray(0, length);
    length += count;
  }
  throw new RangeError(`it has more than ${MAX_FILE_BYTES / 1024} KiB`);
}

async function parse(text: string, path: string): Promise<Assignment[]> {
  const { parseEnv } = await import("node:util");
  const lines = lineNumbers(text);
  const assignments = Object.entries(parseEnv(text)).map(([name, value = ""]) => {
    const line = lines.get(name);
    const place = line === undefined ? path : `${path}, line ${line}`;
    if (new TextEncoder().encode(value).length > MAX_VALUE_BYTES) {
      throw new CommandError(`${place}: the value has more than ${MAX_VALUE_BYTES / 1024} KiB`);
    }
    return readVariable(name, value, place);
  });
  if (assignments.every(({ value }) => typeof value === "string")) {
    throw new CommandError(
      `${path} has no reference to an entry. Write one as NAME=keyring://SERVICE/USERNAME`,
    );
  }
  return assignments;
}

/** Where each name is given last: parseEnv() takes the last value. */
function lineNumbers(text: string): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const [index, line] of text.split("\n").entries()) {
    const [start = "", value] = line.split("=", 2);
    if (value !== undefined) numbers.set(start.trim().replace(/^export +/, ""), index + 1);
  }
  return numbers;
}

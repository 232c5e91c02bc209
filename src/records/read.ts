import { parseCsv } from "./csv.ts";
import { type Format, guessFormat } from "./format.ts";
import { parseJsonl } from "./jsonl.ts";
import { type Contents, LineError } from "./record.ts";

export interface Limits {
  /** The most bytes of a secret. */
  secretBytes: number;
  /** The key of an entry: the same for names that the store takes for the same. */
  keyOf(entry: { service: string; username: string }): string;
}

/** Why a file is not text at all. */
export class EncodingError extends Error {
  override name = "EncodingError";
}

/** Reads the entries of a file, and what is wrong with it, in the order of its lines. */
export async function readEntries(
  bytes: Uint8Array,
  format: Format | undefined,
  limits: Limits,
): Promise<Contents> {
  const text = decodeFile(bytes);
  const isCsv = (format ?? guessFormat(text)) === "csv";
  const contents = isCsv ? await parseCsv(text) : parseJsonl(text);
  contents.problems.push(...findRepeated(contents, limits), ...findTooLarge(contents, limits));
  contents.problems.sort((a, b) => a.line - b.line);
  return contents;
}

// Windows PowerShell writes UTF-16, with a mark that UTF-8 cannot begin with.
function decodeFile(bytes: Uint8Array): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    const where = encoding === "utf-8" ? `line ${brokenLine(bytes)}` : "the file";
    throw new EncodingError(`${where} is not valid ${encoding.toUpperCase()}`);
  }
}

function brokenLine(bytes: Uint8Array): number {
  // No other character contains the byte of a newline, so that each line can be tried by itself.
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline + 1;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      break;
    }
    start = end;
  }
  return line;
}

function findRepeated({ entries }: Contents, { keyOf }: Limits): LineError[] {
  const lines = new Map<string, number>();
  return entries.flatMap((entry) => {
    const key = keyOf(entry);
    const first = lines.get(key);
    if (first !== undefined) {
      return [new LineError(entry.line, `line ${first} holds the same service and username`)];
    }
    lines.set(key, entry.line);
    return [];
  });
}

function findTooLarge({ entries }: Contents, { secretBytes }: Limits): LineError[] {
  return entries.flatMap(({ line, secret }) => {
    const size = typeof secret === "string" ? utf8Length(secret) : secret.length;
    if (size <= secretBytes) return [];
    return [
      new LineError(
        line,
        `the secret has ${size} bytes and the store holds at most ${secretBytes}`,
      ),
    ];
  });
}

function utf8Length(text: string): number {
  const bytes = new TextEncoder().encode(text);
  bytes.fill(0);
  return bytes.length;
}

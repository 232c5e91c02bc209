import { decodeText } from "../lib/text.ts";
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

// A password may hold a NUL. JSON has it escaped, and CSV in quotes, as export writes it.
const QUOTED = /"[^"]*"/g;

/** Reads the entries of a file, and what is wrong with it, in the order of its lines. */
export async function readEntries(
  bytes: Uint8Array,
  format: Format | undefined,
  limits: Limits,
): Promise<Contents> {
  const text = decodeText(bytes, QUOTED);
  const isCsv = (format ?? guessFormat(text)) === "csv";
  const contents = isCsv ? await parseCsv(text) : parseJsonl(text);
  contents.problems.push(...findRepeated(contents, limits), ...findTooLarge(contents, limits));
  contents.problems.sort((a, b) => a.line - b.line);
  return contents;
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

import { decodeText } from "../lib/text.ts";
import { parseCsv } from "./csv.ts";
import type { ColumnMap } from "./csv_columns.ts";
import { type Format, guessFormat } from "./format.ts";
import { parseJsonl } from "./jsonl.ts";
import { type Contents, LineError } from "./record.ts";

export interface ReadOptions {
  /** The most bytes of a secret. */
  secretBytes: number;
  /** The key of an entry: the same for names that the store takes for the same. */
  keyOf(entry: { service: string; username: string }): string;
  /** Which columns of CSV to read. */
  columns?: ColumnMap;
}

// A password may hold a NUL. JSON has it escaped, and CSV in quotes, as export writes it.
const QUOTED = /"[^"]*"/g;

/** Reads the entries of a file, and what is wrong with it, in the order of its lines. */
export async function readEntries(
  bytes: Uint8Array,
  format: Format | undefined,
  options: ReadOptions,
): Promise<Contents> {
  const text = decodeText(bytes, QUOTED);
  const isCsv = (format ?? guessFormat(text)) === "csv";
  if (!isCsv && options.columns) {
    return { entries: [], problems: [new LineError(1, "it is JSON Lines, and --map is for CSV")] };
  }
  const contents = isCsv ? await parseCsv(text, options.columns) : parseJsonl(text);
  contents.problems.push(...findRepeated(contents, options), ...findTooLarge(contents, options));
  contents.problems.sort((a, b) => a.line - b.line);
  return contents;
}

function findRepeated({ entries }: Contents, { keyOf }: ReadOptions): LineError[] {
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

function findTooLarge({ entries }: Contents, { secretBytes }: ReadOptions): LineError[] {
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

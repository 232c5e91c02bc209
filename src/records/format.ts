import type { FORMATS } from "../cli/options.ts";
import { formatCsv } from "./csv.ts";
import type { Entry } from "./record.ts";
import { formatJsonl } from "./jsonl.ts";

export type Format = typeof FORMATS[number];

export function formatOf(path: string): Format | undefined {
  const [, ending = ""] = /\.(\w+)$/.exec(path.toLowerCase()) ?? [];
  if (ending === "csv") return "csv";
  return ["jsonl", "ndjson"].includes(ending) ? "jsonl" : undefined;
}

/** Tells the form of a file by its beginning: no header of CSV begins with a brace or a bracket. */
export function guessFormat(text: string): Format {
  return /^\s*[{[]/.test(text) ? "jsonl" : "csv";
}

export function formatEntries(entries: readonly Entry[], format: Format): string {
  return format === "csv" ? formatCsv(entries) : formatJsonl(entries);
}

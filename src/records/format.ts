import { formatCsv } from "./csv.ts";
import type { Entry } from "./record.ts";
import { formatJsonl } from "./jsonl.ts";

export type Format = "jsonl" | "csv";

export function formatOf(path: string): Format | undefined {
  const [, ending = ""] = /\.(\w+)$/.exec(path.toLowerCase()) ?? [];
  if (ending === "csv") return "csv";
  return ["jsonl", "ndjson"].includes(ending) ? "jsonl" : undefined;
}

// No header of CSV begins with a brace or a bracket.
export function guessFormat(text: string): Format {
  return /^\s*[{[]/.test(text) ? "jsonl" : "csv";
}

export function formatEntries(entries: readonly Entry[], format: Format): string {
  return format === "csv" ? formatCsv(entries) : formatJsonl(entries);
}

/**
 * The forms of a file of many entries.
 *
 * @module
 */

import type { FORMATS } from "../cli/options.ts";
import { formatCsv } from "./csv.ts";
import type { Entry } from "./record.ts";
import { formatJsonl } from "./jsonl.ts";

/** The name of a form. */
export type Format = typeof FORMATS[number];

/**
 * Tells the form of a file by the ending of its name.
 *
 * @param path The file's path.
 * @returns The form, or `undefined` when the ending is none of ours.
 */
export function formatOf(path: string): Format | undefined {
  const [, ending = ""] = /\.(\w+)$/.exec(path.toLowerCase()) ?? [];
  if (ending === "csv") return "csv";
  return ["jsonl", "ndjson"].includes(ending) ? "jsonl" : undefined;
}

/**
 * Tells the form of a file by its beginning: no header of CSV begins with a brace or a bracket.
 *
 * @param text The file's text.
 * @returns The form.
 */
export function guessFormat(text: string): Format {
  return /^\s*[{[]/.test(text) ? "jsonl" : "csv";
}

/**
 * Writes entries.
 *
 * @param entries The entries, all with a secret or none.
 * @param format The form.
 * @returns The text.
 */
export function formatEntries(entries: readonly Entry[], format: Format): string {
  return format === "csv" ? formatCsv(entries) : formatJsonl(entries);
}

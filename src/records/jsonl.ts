import { pythonJson } from "../cli/output.ts";
import {
  addLine,
  type Contents,
  type Entry,
  LineError,
  type ReadEntry,
  toEntry,
} from "./record.ts";

/** Reads JSON Lines. Empty lines are skipped. */
export function parseJsonl(text: string): Contents {
  const contents: Contents = { entries: [], problems: [] };
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() !== "") addLine(contents, () => parseLine(index + 1, line));
  }
  return contents;
}

function parseLine(number: number, line: string): ReadEntry {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    // The parser's own message quotes the line, and with it the secret.
    throw new LineError(number, "it is not valid JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new LineError(number, "it is not a JSON object");
  }
  return toEntry(number, value as Record<string, unknown>);
}

/** Writes JSON Lines, in ASCII only, which no shell and no terminal changes. */
export function formatJsonl(entries: readonly Entry[]): string {
  return entries.map((entry) => `${formatLine(entry)}\n`).join("");
}

function formatLine({ service, username, secret }: Entry): string {
  if (secret === undefined) return pythonJson({ service, username });
  if (typeof secret === "string") return pythonJson({ service, username, password: secret });
  return pythonJson({ service, username, base64: secret.toBase64() });
}

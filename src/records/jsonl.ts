import {
  addLine,
  type Contents,
  type Entry,
  FIELDS,
  LineError,
  type ReadEntry,
  toEntry,
} from "./record.ts";

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
    const reason = line.includes("\0") ? "it contains a NUL character" : "it is not valid JSON";
    throw new LineError(number, reason);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new LineError(number, "it is not a JSON object");
  }
  refuseDuplicates(number, line);
  return toEntry(number, value as Record<string, unknown>);
}

// Of a key that is there twice, JSON.parse() keeps the last value and says nothing.
function refuseDuplicates(number: number, json: string): void {
  const keys = keysOf(json);
  const repeated = FIELDS.find((field) => keys.indexOf(field) !== keys.lastIndexOf(field));
  if (repeated !== undefined) throw new LineError(number, `it has the key ${repeated} twice`);
}

/** The keys of all objects in valid JSON. */
function keysOf(json: string): string[] {
  const keys: string[] = [];
  const colon = /\s*:/y;
  let start = json.indexOf('"');
  while (start >= 0) {
    let end = start + 1;
    while (json[end] !== '"') end += json[end] === "\\" ? 2 : 1;
    end++;
    colon.lastIndex = end;
    if (colon.test(json)) keys.push(JSON.parse(json.slice(start, end)));
    start = json.indexOf('"', end);
  }
  return keys;
}

export function formatJsonl(entries: readonly Entry[]): string {
  return entries.map((entry) => `${formatLine(entry)}\n`).join("");
}

function formatLine({ service, username, secret }: Entry): string {
  if (secret === undefined) return formatObject({ service, username });
  if (typeof secret === "string") return formatObject({ service, username, password: secret });
  return formatObject({ service, username, base64: secret.toBase64() });
}

function formatObject(fields: Record<string, string>): string {
  const members = Object.entries(fields).map(([name, value]) => `"${name}": ${asciiJson(value)}`);
  return `{${members.join(", ")}}`;
}

// In ASCII, which no shell and no terminal changes.
function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

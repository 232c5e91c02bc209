import { hasAt } from "../../lib/bytes.ts";

export type Attributes = ReadonlyMap<string, string>;

export interface SearchResult {
  /** The items; when there are none, nothing matched or none may be read. */
  items: Attributes[];
  /** Whether an item is locked. Its attributes may be listed or may be unreadable. */
  locked: boolean;
  regular: boolean;
}

const NEWLINE = 0x0a;
// With what follows, for a secret may begin with a line break.
const EMPTY_SECRET = new TextEncoder().encode("\nsecret = \ncreated = ");
const LOCKED = /^[^\n]*: Cannot get secret of a locked object$/;
const ATTRIBUTE = /^attribute\.(.*?) = (.*)$/s;
// What GLib and its kin log about themselves, such as `(secret-tool:12): GLib-WARNING **: …`.
const LOG_LINE = /^(?:\([^)]*:\d+\): .*|\*\* .*)?$/s;

/** Tells whether a line of stderr is only a log line, which says nothing about the result. */
export function isLogLine(line: string): boolean {
  return LOG_LINE.test(line);
}

export function parseSearch(stderr: string, searched: Attributes): SearchResult {
  const parser = new Parser();
  const known = [...searched].map((
    [name, value],
  ) => [name, value, `attribute.${name} = ${value}\n`] as const);
  let position = 0;
  while (position < stderr.length) {
    const hit = known.find(([, , line]) => stderr.startsWith(line, position));
    if (hit) {
      parser.attribute(hit[0], hit[1]);
      position += hit[2].length;
      continue;
    }
    const end = stderr.indexOf("\n", position);
    const next = end < 0 ? stderr.length : end + 1;
    parser.line(stderr.slice(position, end < 0 ? next : end));
    position = next;
  }
  return parser.result();
}

/**
 * Judges the secret of the first item that a search printed. Works on bytes, for there may be a
 * secret, and text cannot be wiped.
 */
export function judgeFirst(stdout: Uint8Array, label: string): "cut off" | "empty" | "full" {
  const item = stdout.subarray(stdout.indexOf(NEWLINE) + 1);
  const start = new TextEncoder().encode(`label = ${label}`);
  if (hasAt(item, 0, start) && hasAt(item, start.length, EMPTY_SECRET)) return "cut off";
  for (let at = item.indexOf(NEWLINE); at >= 0; at = item.indexOf(NEWLINE, at + 1)) {
    if (hasAt(item, at, EMPTY_SECRET)) return "empty";
  }
  return "full";
}

class Parser {
  #items: Map<string, string>[] = [];
  #current: Map<string, string> | undefined;
  #lastName = "";
  #locked = false;
  #continued = false;

  attribute(name: string, value: string): void {
    if (!this.#current || this.#current.has(name)) {
      this.#current = new Map();
      this.#items.push(this.#current);
    }
    this.#current.set(name, value);
    this.#lastName = name;
  }

  line(line: string): void {
    const attribute = ATTRIBUTE.exec(line);
    if (attribute) return this.attribute(attribute[1] ?? "", attribute[2] ?? "");
    if (LOCKED.test(line)) {
      this.#locked = true;
      this.#current = undefined;
      return;
    }
    this.#continued = true;
    const before = this.#current?.get(this.#lastName);
    if (before !== undefined) this.#current?.set(this.#lastName, `${before}\n${line}`);
  }

  result(): SearchResult {
    const shapes = new Set(this.#items.map((item) => [...item.keys()].join("\n")));
    const regular = !this.#continued && shapes.size <= 1;
    return { items: this.#items, locked: this.#locked, regular };
  }
}

// What `secret-tool search` prints on stderr: a line for each attribute, and one for each item that
// is locked. Nothing in it is escaped, so a value with line breaks can look like other lines.

export type Attributes = ReadonlyMap<string, string>;

export interface Line {
  text: string;
  /** The attribute's name and value, if it looks like one. */
  attribute?: readonly [name: string, value: string];
  /** Whether it is one that was searched for, which every item has. */
  known?: boolean;
}

export interface SearchResult {
  lines: Line[];
  /** The items, as far as their lines can be told apart. */
  items: Attributes[];
  /** How many there are whose attributes can be read. */
  count: number;
  /** Whether any is locked. */
  locked: boolean;
  /** Whether any has only hashes of its attributes to show: its keyring was never unlocked. */
  hidden: boolean;
  /** Whether any has, or could have, more than an entry's attributes. */
  more: boolean;
  /** Whether they all look like entries, and alike, so that no line is in doubt. */
  regular: boolean;
}

const OWN_LINE = /^(?:\S*\/)?secret-tool: (.*)/;
const LOCKED = "Cannot get secret of a locked object";
const ATTRIBUTE = /^attribute\.(.*?) = (.*)$/s;
// What the names of attributes begin with whose values are hashes.
const HASHED = "gkr:compat:hashed:";
// What an entry has at most: the names, Python's `application`, and what daemons add by themselves.
const OF_AN_ENTRY = [
  ...["application", "service", "username", "xdg:schema"],
  ...["Uuid", "Path", "Title", "UserName", "URL", "Notes"],
];
// The only one of these that has several lines, in KeePassXC.
const NOTES = "Notes";
// What GLib and its kin log, such as `(secret-tool:12): GLib-WARNING **: …`.
const LOG_LINE = /^(?:\([^)]*:\d+\): .*|\*\* .*|[\w-]+-(?:Message|INFO|DEBUG): .*)?$/s;

/** Returns whether a line of stderr is only a log line, which says nothing about the result. */
export function isLogLine(line: string): boolean {
  return LOG_LINE.test(line);
}

/** Finds what the program itself says on a line. Any other line may hold anything, even a secret. */
export function ownMessage(line: string): string | undefined {
  return OWN_LINE.exec(line)?.[1];
}

export function parseSearch(stderr: string, searched: Attributes): SearchResult {
  const lines = splitLines(stderr, searched);
  const items: Map<string, string>[] = [];
  let item: Map<string, string> | undefined;
  let [locked, odd, last] = [false, false, ""];
  for (const line of lines) {
    if (line.attribute) {
      last = line.attribute[0];
      if (!item || item.has(line.attribute[0])) items.push(item = new Map());
      item.set(...line.attribute);
    } else if (isLockedLine(line)) {
      locked = true;
      item = undefined;
    } else {
      odd ||= last !== NOTES && !isLogLine(line.text) && ownMessage(line.text) === undefined;
    }
  }
  const names = items.flatMap((item) => [...item.keys()]);
  const hidden = locked && names.some((name) => name.startsWith(HASHED));
  const more = odd || !names.every((name) => OF_AN_ENTRY.includes(name.replace(HASHED, "")));
  const [first] = searched.keys();
  const count = lines.filter(({ known, attribute }) => known && attribute?.[0] === first).length;
  return { lines, items, count, locked, hidden, more, regular: !more && areAlike(items, lines) };
}

function areAlike(items: readonly Attributes[], lines: readonly Line[]): boolean {
  const shapes = new Set(items.map((item) => [...item.keys()].join("\n")));
  if (shapes.size === 0) return true;
  // What GLib logs at the start cannot be the next line of a value, nor what says that an item is
  // locked where it says so once before each.
  const start = lines.findIndex((line) => line.attribute || isLockedLine(line));
  const body = lines.slice(start);
  const areLocked = body.filter(isLockedLine).length === items.length;
  const isClear = (line: Line, index: number) =>
    line.attribute || areLocked && isLockedLine(line) && body[index + 1]?.attribute;
  return shapes.size === 1 && body.every(isClear);
}

function isLockedLine(line: Line | undefined): boolean {
  return line !== undefined && !line.attribute && ownMessage(line.text) === LOCKED;
}

// What was searched for is known, so its lines are taken as one, whatever they hold.
function splitLines(stderr: string, searched: Attributes): Line[] {
  const known = [...searched].map((attribute): Line => {
    return { text: `attribute.${attribute[0]} = ${attribute[1]}`, attribute, known: true };
  });
  const lines: Line[] = [];
  for (let position = 0; position < stderr.length;) {
    const hit = known.find(({ text }) => stderr.startsWith(`${text}\n`, position));
    const end = hit ? position + hit.text.length : stderr.indexOf("\n", position);
    const text = end < 0 ? stderr.slice(position) : stderr.slice(position, end);
    lines.push(hit ?? lineOf(text));
    position += text.length + 1;
  }
  return lines;
}

function lineOf(text: string): Line {
  const [, name, value] = ATTRIBUTE.exec(text) ?? [];
  return name === undefined || value === undefined ? { text } : { text, attribute: [name, value] };
}

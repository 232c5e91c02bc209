// What git writes to a credential helper, and what it reads: see gitcredentials(7) and git-credential(1).

/** The message is not in git's format. Never shows its content, which can be a password. */
export class GitMessageError extends Error {
  override name = "GitMessageError";

  constructor(reason: string) {
    super(`Cannot use the credential: ${reason}`);
  }
}

const NEWLINE = 0x0a;
const EQUALS = 0x3d;
const LONGEST_LINE = 65_535;
const LARGEST_MESSAGE = 16 * 1024 * 1024;
// Exact: a byte order mark is a part of the value.
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The attributes of a message. They are only decoded when needed: git passes on server headers in
 * whatever encoding they have.
 */
export class GitMessage {
  readonly #values = new Map<string, Uint8Array[]>();

  constructor(bytes: Uint8Array) {
    for (const [index, line] of linesOf(bytes).entries()) {
      const where = `line ${index + 1} of the input`;
      if (line.length >= LONGEST_LINE) {
        throw new GitMessageError(`${where} has more than ${LONGEST_LINE} bytes`);
      }
      const equals = line.indexOf(EQUALS);
      if (equals < 0) throw new GitMessageError(`${where} has no "="`);
      this.#add(new TextDecoder().decode(line.subarray(0, equals)), line.subarray(equals + 1));
    }
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** The value of an attribute: the last one, where it is repeated. */
  text(key: string): string | undefined {
    const value = this.#values.get(key)?.at(-1);
    if (value === undefined) return undefined;
    try {
      return requireLine(key, DECODER.decode(value));
    } catch (error) {
      if (error instanceof GitMessageError) throw error;
      throw new GitMessageError(`the ${key} is not valid UTF-8`);
    }
  }

  /** The values of an attribute such as `capability[]`, which other helpers add to, too. */
  list(key: string): string[] {
    return (this.#values.get(key) ?? []).map((value) => new TextDecoder().decode(value));
  }

  #add(key: string, value: Uint8Array): void {
    const isList = key.endsWith("[]");
    const before = isList && value.length > 0 ? this.#values.get(key) ?? [] : [];
    // An empty value clears a list.
    if (isList && value.length === 0) this.#values.delete(key);
    else this.#values.set(key, [...before, value]);
  }
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    if (end === start) break;
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return lines;
}

/** Refuses a value that git or a program would read as several lines or a different value. */
export function requireLine(key: string, value: string): string {
  const found = /[\n\r\0]/.exec(value)?.[0];
  if (found === undefined) return value;
  const called = { "\n": "line break", "\r": "carriage return", "\0": "NUL" }[found];
  throw new GitMessageError(`the ${key} contains a ${called} character`);
}

export function formatGitMessage(attributes: readonly [key: string, value: string][]): string {
  return attributes.map(([key, value]) => `${key}=${requireLine(key, value)}\n`).join("");
}

/** Reads a message, up to the empty line or the end; the bytes are the caller's to overwrite. */
export async function readGitMessage(
  input: { read(buffer: Uint8Array): Promise<number | null> },
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes = new Uint8Array(4096);
  for (let length = 0;;) {
    if (length === bytes.length) bytes = grow(bytes);
    const count = await input.read(bytes.subarray(length));
    const scanFrom = Math.max(0, length - 1);
    length += count ?? 0;
    if (count === null || hasEmptyLine(bytes.subarray(0, length), scanFrom)) {
      return bytes.subarray(0, length);
    }
    if (length > LARGEST_MESSAGE) throw new GitMessageError("the input is too large");
  }
}

function hasEmptyLine(bytes: Uint8Array, from: number): boolean {
  if (bytes[0] === NEWLINE) return true;
  for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
    if (bytes[at + 1] === NEWLINE) return true;
  }
  return false;
}

function grow(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length);
  larger.set(bytes);
  bytes.fill(0);
  return larger;
}

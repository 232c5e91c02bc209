/**
 * The longest line, without its newline. Of a longer one `security` would run the beginning as one
 * command and the rest as another.
 */
export const MAX_LINE_BYTES = 4094;

const MAX_ARGUMENTS = 32;

const NUL = 0x00;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The line is longer than `security` reads. */
export class LineTooLongError extends Error {
  override name = "LineTooLongError";
  /** The line's length in bytes, without its newline. */
  readonly length: number;

  constructor(length: number) {
    super(`The command has ${length} bytes and security reads at most ${MAX_LINE_BYTES}`);
    this.length = length;
  }
}

/** Quotes one argument: in double quotes, with a backslash before `"` and `\`. */
export function quoteArgument(bytes: Uint8Array): Uint8Array {
  const quoted = new Uint8Array(quotedLength(bytes));
  let end = 0;
  quoted[end++] = QUOTE;
  for (const byte of bytes) {
    if (needsBackslash(byte)) quoted[end++] = BACKSLASH;
    quoted[end++] = byte;
  }
  quoted[end] = QUOTE;
  return quoted;
}

function quotedLength(bytes: Uint8Array): number {
  let length = 2;
  for (const byte of bytes) {
    if (byte === NUL || byte === NEWLINE) {
      throw new TypeError("An argument of security contains a NUL or a newline");
    }
    length += needsBackslash(byte) ? 2 : 1;
  }
  return length;
}

function needsBackslash(byte: number): boolean {
  return byte === QUOTE || byte === BACKSLASH;
}

export function commandLine(command: string, args: readonly (string | Uint8Array)[]): Uint8Array {
  if (args.length >= MAX_ARGUMENTS) throw new TypeError("Too many arguments for security");
  const encoder = new TextEncoder();
  const words = args.map((arg) =>
    quoteArgument(typeof arg === "string" ? encoder.encode(arg) : arg)
  );
  const name = encoder.encode(command);
  const length = words.reduce((sum, word) => sum + 1 + word.length, name.length);
  if (length > MAX_LINE_BYTES) throw new LineTooLongError(length);
  const line = new Uint8Array(length + 1).fill(0x20);
  line.set(name);
  let end = name.length;
  for (const word of words) {
    line.set(word, end + 1);
    end += 1 + word.length;
    word.fill(0);
  }
  line[end] = NEWLINE;
  return line;
}

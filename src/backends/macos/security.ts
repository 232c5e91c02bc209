// Runs `security -i`: one command in, one result out.

import { Failure } from "../../errors.ts";
import { run } from "../../lib/subprocess.ts";
import { failureOfRun, statusOfExitCode } from "./errors.ts";
import { reportedStatus } from "./output.ts";

export interface SecurityCommand {
  /** The command's name, such as `find-generic-password`. */
  command: string;
  args: readonly (string | Uint8Array)[];
  timeoutMs: number;
  discardStdout?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

export interface SecurityResult {
  /** 0 on success, else the status that was reported, else what the exit code says. */
  status: number;
  stdout: Uint8Array;
  /** All that was printed on stderr; after `find-generic-password -g` it holds the secret. */
  stderr: Uint8Array;
}

const NOTHING_RAN = 1;

/**
 * Runs each command in a separate process: within one process, the exit code is that of the last
 * line only, and a line that is cut off would run as two.
 */
export async function runSecurity(
  program: string,
  { command, args, timeoutMs, discardStdout = false, signal }: SecurityCommand,
): Promise<SecurityResult> {
  const stdin = commandLine(command, args);
  try {
    const result = await run(program, { args: ["-i"], stdin, discardStdout, timeoutMs, signal });
    const { code, stdout, stderr } = result;
    // A program that did not read its line has not run it, whatever its exit code is.
    const exitCode = code === 0 && result.brokenPipe ? NOTHING_RAN : code;
    const status = reportedStatus(command, stderr) ?? statusOfExitCode(exitCode);
    return { status, stdout, stderr };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw failureOfRun(error, program);
  } finally {
    stdin.fill(0);
  }
}

// Without its newline. Of a longer line `security` would run the beginning as one command and the
// rest as another.
export const MAX_LINE_BYTES = 4094;
const MAX_ARGUMENTS = 32;
const NUL = 0x00;
const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ENCODER = new TextEncoder();
const HEX_DIGITS = ENCODER.encode("0123456789abcdef");

export function commandLine(command: string, args: readonly (string | Uint8Array)[]): Uint8Array {
  if (args.length >= MAX_ARGUMENTS) throw new TypeError("Too many arguments for security");
  const words = args.map((arg) => quoted(typeof arg === "string" ? ENCODER.encode(arg) : arg));
  const length = words.reduce((sum, word) => sum + 1 + word.length, command.length);
  if (length > MAX_LINE_BYTES) throw tooLong(length);
  const line = new Uint8Array(length + 1).fill(0x20);
  line.set(ENCODER.encode(command));
  let end = command.length;
  for (const word of words) {
    line.set(word, end + 1);
    end += 1 + word.length;
    word.fill(0);
  }
  line[end] = NEWLINE;
  return line;
}

function tooLong(length: number): Failure {
  const reason = `the names need a command of ${length} bytes and security reads at most ` +
    `${MAX_LINE_BYTES}`;
  return new Failure("other", reason, { advice: "Use shorter names." });
}

// In double quotes, with a backslash before `"` and `\`.
function quoted(bytes: Uint8Array): Uint8Array {
  if (bytes.includes(NUL) || bytes.includes(NEWLINE)) {
    throw new TypeError("An argument of security contains a NUL or a newline");
  }
  const escaped = bytes.reduce((count, byte) => needsBackslash(byte) ? count + 1 : count, 0);
  const word = new Uint8Array(bytes.length + escaped + 2).fill(QUOTE);
  let end = 1;
  for (const byte of bytes) {
    if (needsBackslash(byte)) word[end++] = BACKSLASH;
    word[end++] = byte;
  }
  return word;
}

function needsBackslash(byte: number): boolean {
  return byte === QUOTE || byte === BACKSLASH;
}

/** Writes bytes as hex digits, which are bytes too, so that they can be overwritten. */
export function encodeHex(bytes: Uint8Array): Uint8Array {
  const digits = new Uint8Array(bytes.length * 2);
  for (const [index, byte] of bytes.entries()) {
    digits[index * 2] = HEX_DIGITS[byte >> 4] ?? 0;
    digits[index * 2 + 1] = HEX_DIGITS[byte & 15] ?? 0;
  }
  return digits;
}

const replaced = new WeakMap<object, string>();

export function programFor(options: object): string {
  return replaced.get(options) ?? "/usr/bin/security";
}

/** Replaces the program for one options object, in tests on machines without the system's. */
export function replaceProgram<T extends object>(options: T, program: string): T {
  replaced.set(options, program);
  return options;
}

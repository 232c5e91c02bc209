import { run } from "../../lib/subprocess.ts";
import { commandLine } from "./quote.ts";
import { statusOfExitCode } from "./status.ts";

export interface SecurityCommand {
  /** The command's name, such as `find-generic-password`. */
  command: string;
  args: readonly (string | Uint8Array)[];
  /** The time limit in milliseconds. */
  timeoutMs: number;
  discardStdout?: boolean;
  signal?: AbortSignal | undefined;
}

export interface SecurityResult {
  /** 0 on success, else the status that the program told, else what its exit code says. */
  status: number;
  stdout: Uint8Array;
  /** All that it printed on stderr; after `find-generic-password -g` it holds the secret. */
  stderr: Uint8Array;
}

const NOTHING_RAN = 1;

/**
 * Runs one command in a process of its own: within one process, the exit code is that of the last
 * line only, and a line that is cut off would run as two.
 */
export async function runSecurity(
  program: string,
  options: SecurityCommand,
): Promise<SecurityResult> {
  const { command, timeoutMs, discardStdout = false, signal } = options;
  const stdin = commandLine(command, options.args);
  try {
    const result = await run(program, { args: ["-i"], stdin, discardStdout, timeoutMs, signal });
    const { code, stdout, stderr } = result;
    // A program that did not read its line has not run it, whatever its exit code is.
    const exitCode = code === 0 && result.brokenPipe ? NOTHING_RAN : code;
    const status = toldStatus(command, stderr) ?? statusOfExitCode(exitCode);
    return { status, stdout, stderr };
  } finally {
    stdin.fill(0);
  }
}

/**
 * Finds the line in which the program tells the status of a failed command. The line is the same in
 * every language and exact where the exit code is not, and no name or secret can forge it: stderr
 * shows a secret on one line that begins with `password: `.
 */
export function toldStatus(command: string, stderr: Uint8Array): number | undefined {
  const prefix = `${command}: returned `;
  for (const line of lines(stderr)) {
    if (!startsWith(line, prefix)) continue;
    const digits = new TextDecoder("latin1").decode(line.subarray(prefix.length));
    if (/^-?\d+$/.test(digits)) return Number(digits);
  }
  return undefined;
}

/** Splits output into its lines, without copying what may be a secret. */
export function* lines(bytes: Uint8Array): Generator<Uint8Array> {
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

export function startsWith(line: Uint8Array, prefix: string): boolean {
  if (line.length < prefix.length) return false;
  for (let index = 0; index < prefix.length; index++) {
    if (line[index] !== prefix.charCodeAt(index)) return false;
  }
  return true;
}

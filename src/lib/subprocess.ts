// One subprocess: its input, its bounded output, its time limit. The secret goes in through stdin and
// comes out through stdout, and is never in an argument, environment variable or error.

import { Semaphore } from "./semaphore.ts";

export interface RunOptions {
  /** Its arguments; never a secret. */
  args: string[];
  /** What it reads on stdin; without it, stdin is empty. */
  stdin?: Uint8Array;
  env?: Record<string, string>;
  /** Whether it gets only these variables. */
  clearEnv?: boolean;
  discardStdout?: boolean;
  /** The time limit in milliseconds. */
  timeoutMs: number;
  /** The most bytes of stdout or stderr to accept. */
  maxOutputBytes?: number;
  signal?: AbortSignal | undefined;
}

export interface RunResult {
  /** Its exit code; 128 + n if signal n ended it. */
  code: number;
  brokenPipe: boolean;
  stdout: Uint8Array;
  /**
   * Whether stdout came to its end. If not, some other process holds it open, and the output read so
   * far may be incomplete.
   */
  stdoutEnded: boolean;
  stderr: Uint8Array;
  stderrEnded: boolean;
}

/** The program did not end within its time limit, and was ended. */
export class TimeLimitError extends Error {
  override name = "TimeLimitError";
}

export class OutputLimitError extends Error {
  override name = "OutputLimitError";
}

const DEFAULT_MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
// A grandchild that inherited the pipes can hold them open after the program itself has ended.
const DRAIN_LIMIT_MS = 2_000;
const KILL_AFTER_MS = 1_000;
// More would not finish sooner, and with some hundreds the system runs out of files.
const MOST_AT_ONCE = 8;

const semaphore = new Semaphore(MOST_AT_ONCE);

/**
 * Runs a program to its end, once fewer than eight run for this process; the time limit counts from
 * its start. On the time limit, on an abort and on endless output the program is sent SIGTERM, then
 * SIGKILL, and the call rejects once it is gone.
 */
export async function run(program: string, options: RunOptions): Promise<RunResult> {
  options.signal?.throwIfAborted();
  using stop = new StopRequest(options.signal);
  return await semaphore.run(stop.requested, () => runNow(program, options, stop));
}

async function runNow(
  program: string,
  options: RunOptions,
  stop: StopRequest,
): Promise<RunResult> {
  stop.requested.throwIfAborted();
  const child = spawn(program, options);
  stop.watch(child, options.timeoutMs);
  const limit = options.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES;
  const stdout = new Collector(options.discardStdout ? null : child.stdout, limit, stop);
  const stderr = new Collector(child.stderr, limit, stop);
  const input = options.stdin ? new Writer(child.stdin, options.stdin) : undefined;
  const { code } = await child.status;
  const drained = Promise.all([stdout.done, stderr.done, input?.done]);
  await Promise.race([drained, stop.delay(stop.reason === undefined ? DRAIN_LIMIT_MS : 0)]);
  const [stdoutEnded, stderrEnded] = [stdout.ended, stderr.ended];
  await Promise.all([stdout.cancel(), stderr.cancel(), input?.cancel()]);
  if (stop.reason !== undefined) {
    // macOS's security prints a secret on stderr.
    stdout.zero();
    stderr.zero();
    throw stop.reason;
  }
  const brokenPipe = input?.brokenPipe ?? false;
  const [out, err] = [stdout.take(), stderr.take()];
  return { code, brokenPipe, stdout: out, stdoutEnded, stderr: err, stderrEnded };
}

// If `--allow-run` names programs, Deno starts none with a non-empty variable of the dynamic loader,
// and reports which there are: they may not be readable.
function spawn(program: string, options: RunOptions, blank: string[] = []): Deno.ChildProcess {
  const { args, env, clearEnv = false, stdin, discardStdout } = options;
  try {
    return new Deno.Command(program, {
      args,
      env: { ...env, ...Object.fromEntries(blank.map((name) => [name, ""])) },
      clearEnv,
      stdin: stdin ? "piped" : "null",
      stdout: discardStdout ? "null" : "piped",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable) || blank.length > 0) throw error;
    const refused = error.message.match(/\b(?:LD|DYLD)_\w+/g) ?? [];
    if (refused.length === 0) throw error;
    return spawn(program, options, refused);
  }
}

/** Writes the program's input, which the program may refuse. */
class Writer {
  readonly done: Promise<void>;
  brokenPipe = true;
  #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stdin: WritableStream<Uint8Array>, bytes: Uint8Array) {
    this.#writer = stdin.getWriter();
    this.done = this.#write(bytes).catch(() => this.cancel());
  }

  async #write(bytes: Uint8Array): Promise<void> {
    // A copy, because the stream may keep or detach the buffer that it is given.
    const copy = bytes.slice();
    try {
      await this.#writer.write(copy);
    } finally {
      copy.fill(0);
    }
    await this.#writer.close();
    this.brokenPipe = false;
  }

  async cancel(): Promise<void> {
    await this.#writer.abort().catch(() => {});
  }
}

/** Why the program must end before its time, and the signals that end it. */
class StopRequest implements Disposable {
  #controller = new AbortController();
  #child: Deno.ChildProcess | undefined;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #onAbort: () => void;
  #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    this.#onAbort = () => this.stop(signal?.reason);
    signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Aborted, with the reason, once the program must end, or must no longer start. */
  get requested(): AbortSignal {
    return this.#controller.signal;
  }

  /** Why; `undefined` as long as nothing must end. */
  get reason(): unknown {
    return this.requested.reason;
  }

  watch(child: Deno.ChildProcess, timeoutMs: number): void {
    this.#child = child;
    const message = `No answer within ${timeoutMs / 1000} seconds`;
    this.#later(timeoutMs, () => this.stop(new TimeLimitError(message)));
  }

  stop(reason: unknown): void {
    if (this.requested.aborted) return;
    this.#controller.abort(reason);
    this.#kill("SIGTERM");
    this.#later(KILL_AFTER_MS, () => this.#kill("SIGKILL"));
  }

  delay(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.#later(milliseconds, resolve));
  }

  #later(milliseconds: number, action: () => void): void {
    this.#timers.push(setTimeout(action, milliseconds));
  }

  #kill(signal: Deno.Signal): void {
    try {
      this.#child?.kill(signal);
    } catch {
      // It has already ended.
    }
  }

  [Symbol.dispose](): void {
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

class Collector {
  readonly done: Promise<void>;
  ended = false;
  #chunks: Uint8Array[] = [];
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(stream: ReadableStream<Uint8Array> | null, limit: number, stop: StopRequest) {
    this.#reader = stream?.getReader();
    this.done = this.#collect(limit, stop);
    // Awaited only once the program has ended; until then a failed read must not go unhandled.
    this.done.catch(() => {});
  }

  async #collect(limit: number, stop: StopRequest): Promise<void> {
    let size = 0;
    while (this.#reader) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      this.#chunks.push(value);
      size += value.length;
      if (size > limit) {
        return stop.stop(new OutputLimitError(`More than ${limit} bytes of output`));
      }
    }
    this.ended = true;
  }

  async cancel(): Promise<void> {
    await this.#reader?.cancel().catch(() => {});
  }

  zero(): void {
    for (const chunk of this.#chunks) chunk.fill(0);
  }

  take(): Uint8Array {
    const whole = new Uint8Array(this.#chunks.reduce((size, chunk) => size + chunk.length, 0));
    let offset = 0;
    for (const chunk of this.#chunks) {
      whole.set(chunk, offset);
      offset += chunk.length;
    }
    this.zero();
    return whole;
  }
}

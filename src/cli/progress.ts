import { atTimeLimit } from "../lib/time_limit.ts";
import type { Context } from "./command.ts";
import { untilSignal } from "./signals.ts";

type Terminal = Pick<Context, "writeErr" | "errColumns">;

// Shorter work needs no bar.
const AFTER_MS = 1_000;
const EVERY_MS = 100;
const NARROWEST_BAR = 10;
const WIDEST_BAR = 40;
// The `^C` that the terminal echoes after a line is erased with it.
const ECHO = 2;

/** Shows what is being done, once it takes longer than a second. */
export async function withNotice<T>(
  terminal: Terminal,
  text: string,
  run: () => Promise<T>,
): Promise<T> {
  await using line = new StatusLine(terminal);
  // More than once, as a question takes it away.
  const show = () => {
    next = atTimeLimit(AFTER_MS, show);
    line.show((room) => text.slice(0, room));
  };
  let next = atTimeLimit(AFTER_MS, show);
  try {
    return await run();
  } finally {
    next[Symbol.dispose]();
  }
}

/** Does what a signal can end, and says what that is once it takes longer than a second. */
export function untilDone<T>(
  terminal: Terminal,
  text: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return untilSignal((signal) => withNotice(terminal, text, () => work(signal)));
}

const drawn = new Set<StatusLine>();
let others = 0;

/** Runs something that uses the terminal, with bars and notices hidden until it ends. */
export async function withoutStatus<T>(run: () => Promise<T>): Promise<T> {
  others++;
  try {
    await Promise.all([...drawn].map((line) => line.clear()));
    return await run();
  } finally {
    others--;
  }
}

/** Shows a bar while it runs, which `run` moves by a step. */
export async function withProgress<T>(
  terminal: Terminal,
  what: string,
  total: number,
  run: (step: () => Promise<void>) => Promise<T>,
): Promise<T> {
  await using progress = new Progress(terminal, what, total);
  // The first step may take long, too.
  const timer = setInterval(() => progress.draw(), AFTER_MS);
  try {
    return await run(() => progress.step());
  } finally {
    clearInterval(timer);
  }
}

/** A bar on the terminal of standard error; elsewhere nothing. */
export class Progress implements AsyncDisposable {
  #done = 0;
  #line: StatusLine;
  #start: number;
  #next: number;

  constructor(
    terminal: Terminal,
    private readonly what: string,
    private readonly total: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#line = new StatusLine(terminal);
    this.#start = now();
    this.#next = this.#start + AFTER_MS;
  }

  async step(): Promise<void> {
    this.#done++;
    if (this.now() >= this.#next) await this.draw();
  }

  async draw(): Promise<void> {
    this.#next = this.now() + EVERY_MS;
    await this.#line.show((room) => this.#describe(room));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line[Symbol.asyncDispose]();
  }

  #describe(room: number): string {
    const count = `${this.what} ${this.#done} of ${this.total}`;
    const rest = this.#rest();
    const width = Math.min(room - count.length - rest.length - 3, WIDEST_BAR);
    if (width < NARROWEST_BAR) return `${count}${rest}`.slice(0, room);
    const filled = Math.round(width * this.#done / this.total);
    return `${count} [${"#".repeat(filled)}${" ".repeat(width - filled)}]${rest}`;
  }

  #rest(): string {
    if (this.#done === 0) return "";
    const perStep = (this.now() - this.#start) / this.#done;
    const seconds = Math.ceil(perStep * (this.total - this.#done) / 1_000);
    if (seconds < 100) return `, ${seconds} s left`;
    return `, ${Math.ceil(seconds / 60)} min left`;
  }
}

/** A line on the terminal of standard error, which is erased in the end; elsewhere nothing. */
class StatusLine implements AsyncDisposable {
  #drawn = 0;
  #written: Promise<void> = Promise.resolve();

  constructor(private readonly terminal: Terminal) {}

  async show(describe: (room: number) => string): Promise<void> {
    const columns = this.terminal.errColumns();
    // The last column stays empty: some terminals begin a new line after it.
    const room = (columns ?? 0) - 1 - ECHO;
    if (room <= 0 || others > 0) return;
    drawn.add(this);
    await this.#write(describe(room));
  }

  async clear(): Promise<void> {
    drawn.delete(this);
    if (this.#drawn > 0) await this.#write("");
    await this.#written;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clear();
  }

  // Spaces over the last line: not every terminal can clear one.
  #write(line: string): Promise<void> {
    const text = line === ""
      ? `\r${" ".repeat(this.#drawn + ECHO)}\r`
      : `\r${line.padEnd(this.#drawn)}`;
    this.#drawn = line === "" ? 0 : Math.max(this.#drawn, line.length);
    // A line that cannot be drawn must not make the work fail.
    this.#written = this.#written
      .then(() => this.terminal.writeErr(new TextEncoder().encode(text)))
      .catch(() => {});
    return this.#written;
  }
}

/** Erases the `^C` that a terminal echoes, so that the next output begins on its own line. */
export async function eraseEcho({ writeErr, errColumns }: Terminal): Promise<void> {
  if (errColumns() === undefined) return;
  await writeErr(new TextEncoder().encode(`\r${" ".repeat(ECHO)}\r`)).catch(() => {});
}

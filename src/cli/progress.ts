import { cut } from "./columns.ts";
import type { Context } from "./command.ts";

// Shorter work needs no bar.
const AFTER_MS = 1_000;
const EVERY_MS = 100;
const NARROWEST_BAR = 10;
const WIDEST_BAR = 40;

/** Shows a bar while it runs, which `run` moves by a step. */
export async function withProgress<T>(
  context: Pick<Context, "writeErr" | "errColumns">,
  what: string,
  total: number,
  run: (step: () => Promise<void>) => Promise<T>,
): Promise<T> {
  await using progress = new Progress(context, what, total);
  return await run(() => progress.step());
}

/** A bar on the terminal of standard error; elsewhere nothing. */
export class Progress implements AsyncDisposable {
  #done = 0;
  #drawn = 0;
  #next: number;

  constructor(
    private readonly context: Pick<Context, "writeErr" | "errColumns">,
    private readonly what: string,
    private readonly total: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#next = now() + AFTER_MS;
  }

  async step(): Promise<void> {
    this.#done++;
    if (this.now() < this.#next) return;
    this.#next = this.now() + EVERY_MS;
    const columns = this.context.errColumns();
    if (columns !== undefined) await this.#show(this.#line(columns - 1));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#drawn > 0) await this.#show("");
  }

  #line(room: number): string {
    const count = `${this.what} ${this.#done} of ${this.total}`;
    const width = Math.min(room - count.length - 3, WIDEST_BAR);
    if (width < NARROWEST_BAR) return cut(count, room);
    const filled = Math.round(width * this.#done / this.total);
    return `${count} [${"#".repeat(filled)}${" ".repeat(width - filled)}]`;
  }

  // Spaces over the last line: not every terminal knows how to clear one.
  async #show(line: string): Promise<void> {
    const text = `\r${line.padEnd(this.#drawn)}${line === "" ? "\r" : ""}`;
    this.#drawn = line.length;
    // A bar that cannot be drawn does not fail the work.
    await this.context.writeErr(new TextEncoder().encode(text)).catch(() => {});
  }
}

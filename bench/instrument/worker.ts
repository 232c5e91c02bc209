/**
 * A party's program while it runs.
 *
 * @module
 */

import type { Party } from "./parties.ts";

/** What a worker is asked: see `workers/serve.mjs`. */
export interface Request {
  /** What to do. */
  action: string;
  /** How many times. */
  count?: number;
  /** How many entries a list must have. */
  expected?: number;
  /** The service that is listed, where it is not the party's own. */
  service?: string;
}

// A list of 10,000 entries takes minutes in some stores.
const TIME_LIMIT_MS = 600_000;
const END_LIMIT_MS = 5_000;

/** A running worker. */
export class Worker implements AsyncDisposable {
  /** Whose it is. */
  readonly party: Party;
  /** How long it took to load its library, in nanoseconds. */
  importNs = NaN;
  /** What stands in its command line and in no other's. */
  readonly mark: string = `worker-${crypto.randomUUID()}`;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: AsyncIterator<string>;

  private constructor(party: Party) {
    this.party = party;
    const [program = "", ...args] = party.command;
    this.#child = new Deno.Command(program, {
      args: [...args, this.mark],
      stdin: "piped",
      stdout: "piped",
      // Under Wine, Node.js does not start with one that it inherits.
      stderr: Deno.build.os === "windows" ? "null" : "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#lines = linesOf(this.#child.stdout);
  }

  /** Starts a worker and waits until it has loaded its library. */
  static async start(party: Party): Promise<Worker> {
    const worker = new Worker(party);
    worker.importNs = await worker.#answer("start");
    return worker;
  }

  /** Makes a request and returns its nanoseconds. */
  async ask({ action, count = 1, expected = 0, service = this.service }: Request): Promise<number> {
    const request = `${action} ${count} ${service} alice ${expected}\n`;
    await this.#writer.write(new TextEncoder().encode(request));
    return await this.#answer(action);
  }

  /** The service of its own entry. */
  get service(): string {
    return `os-keyring-bench-${this.party.id}`;
  }

  async #answer(action: string): Promise<number> {
    const timer = setTimeout(() => this.#kill(), TIME_LIMIT_MS);
    const { value, done } = await this.#lines.next();
    clearTimeout(timer);
    if (done) throw new Error(`${this.party.title} ended, or took too long: ${action}`);
    const { ns, error } = JSON.parse(value);
    if (error) throw new Error(`${this.party.title}: ${error}`);
    return ns;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer.write(new TextEncoder().encode("exit\n")).catch(() => {});
    await this.#writer.close().catch(() => {});
    const timer = setTimeout(() => this.#kill(), END_LIMIT_MS);
    await this.#child.status;
    clearTimeout(timer);
    await this.#lines.return?.();
  }

  #kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself in the meantime.
    }
  }
}

// Reads only when a line is asked for: Deno for Windows has eight threads for reads that wait, and
// a stream that reads ahead would keep one of them for each worker.
async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const complete = text.split("\n");
    text = complete.pop() ?? "";
    yield* complete;
  }
}

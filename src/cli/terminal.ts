// Through node:tty, since a pending read of Deno.stdin cannot be cancelled: it would take the next
// line from the program that `run` starts, or from a question of Deno's.

import type { ReadStream } from "node:tty";

/** The terminal of the process, whatever its standard input is. */
export const TERMINAL = Deno.build.os === "windows" ? "CONIN$" : "/dev/tty";
const SCREEN = Deno.build.os === "windows" ? "CONOUT$" : "/dev/tty";

// Bracketed paste: the terminal marks the begin and the end of what is pasted.
const PASTE_ON = "\x1b[?2004h";
const PASTE_OFF = "\x1b[?2004l";

/** A terminal that delivers each key at once and echoes none. */
export class RawTerminal implements Disposable {
  #chunks: (Uint8Array | null)[] = [];
  #arrived = () => {};
  #open = true;

  private constructor(
    private readonly input: ReadStream,
    private readonly output: { isTerminal(): boolean; writeSync(bytes: Uint8Array): number },
    private readonly close: () => void,
  ) {
    const push = (chunk: Uint8Array | null) => {
      this.#chunks.push(chunk);
      this.#arrived();
    };
    input.on("data", push).on("end", () => push(null)).on("error", () => push(null));
    input.setRawMode(true);
    if (output.isTerminal()) this.show(PASTE_ON);
  }

  /** The terminal of standard input; it shows what is written to standard error. */
  static async ofStdin(): Promise<RawTerminal> {
    const { ReadStream } = await import("node:tty");
    return new RawTerminal(new ReadStream(0), Deno.stderr, () => {});
  }

  /** The terminal of the process. Deno opens it only with all permissions. */
  static async ofProcess(): Promise<RawTerminal> {
    const [fs, { ReadStream }] = await Promise.all([import("node:fs"), import("node:tty")]);
    const output = Deno.openSync(SCREEN, { read: true, write: true });
    const input = fs.openSync(TERMINAL, "r+");
    return new RawTerminal(new ReadStream(input), output, () => {
      // On Windows the stream has closed it, and closing it again ends the process.
      if (Deno.build.os !== "windows") fs.closeSync(input);
      output.close();
    });
  }

  /** Waits for bytes: `null` at the end, and `undefined` after so many milliseconds without any. */
  async read(limitMs?: number): Promise<Uint8Array | null | undefined> {
    if (this.#chunks.length === 0) {
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
        if (limitMs !== undefined) timer = setTimeout(resolve, limitMs);
      });
      clearTimeout(timer);
    }
    return this.#chunks.shift();
  }

  show(text: string): void {
    let bytes = new TextEncoder().encode(text);
    while (bytes.length > 0) bytes = bytes.subarray(this.output.writeSync(bytes));
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    // After a hang-up there is no terminal left to restore.
    bestEffort(() => this.input.setRawMode(false));
    bestEffort(() => this.show(this.output.isTerminal() ? `${PASTE_OFF}\n` : "\n"));
    this.input.destroy();
    this.close();
    for (const chunk of this.#chunks) chunk?.fill(0);
  }
}

function bestEffort(act: () => void): void {
  try {
    act();
  } catch {
    // The process continues, or ends, anyway.
  }
}

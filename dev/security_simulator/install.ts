/**
 * Puts the simulator where a test can run it: an executable of its own with a state of its own.
 *
 * @module
 */

import { newState, readState, type State, withState, writeState } from "./state.ts";

/** The path of the login keychain of every simulated Mac. */
export const LOGIN_KEYCHAIN = "/Users/me/Library/Keychains/login.keychain-db";

/** What a run of the simulator printed. */
export interface Printed {
  /** The exit code. */
  code: number;
  /** Stdout, one character for each byte. */
  stdout: string;
  /** Stderr, one character for each byte. */
  stderr: string;
}

/** A simulated Mac in a temporary directory. */
export class SimulatedMac implements Disposable {
  /** The absolute path of its `security`. */
  readonly program: string;
  readonly #directory: string;
  readonly #state: string;

  /** Makes a Mac with an unlocked login keychain. */
  constructor() {
    this.#directory = Deno.makeTempDirSync({ prefix: "security-simulator-" });
    this.#state = `${this.#directory}/state.json`;
    this.program = `${this.#directory}/security`;
    writeState(this.#state, newState(LOGIN_KEYCHAIN));
    const main = new URL("main.ts", import.meta.url).pathname;
    const script = `#!/bin/sh
export SECURITY_SIMULATOR_STATE=${shellWord(this.#state)} DENO_NO_UPDATE_CHECK=1
exec ${shellWord(Deno.execPath())} run -A --no-lock --no-config ${
      shellWord(decodeURIComponent(main))
    } "$@"
`;
    Deno.writeTextFileSync(this.program, script, { mode: 0o755 });
  }

  /** What is in its keychains, and what it was asked. */
  get state(): State {
    return readState(this.#state);
  }

  /**
   * Changes what is in its keychains.
   *
   * @param change What changes it.
   */
  change(change: (state: State) => void): void {
    withState(this.#state, change);
  }

  /**
   * Runs its `security`.
   *
   * @param args The arguments.
   * @param input Stdin.
   */
  async run(args: string[], input: string | Uint8Array<ArrayBuffer> = ""): Promise<Printed> {
    const command = new Deno.Command(this.program, {
      args,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    await using child = command.spawn();
    const bytes = typeof input === "string" ? new TextEncoder().encode(input) : input;
    const writer = child.stdin.getWriter();
    await writer.write(bytes).then(() => writer.close()).catch(() => {});
    const { code, stdout, stderr } = await child.output();
    return { code, stdout: latin1(stdout), stderr: latin1(stderr) };
  }

  /** Removes it. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.#directory, { recursive: true });
  }
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The simulator without a process, for tests that ask it thousands of things.
 *
 * @module
 */

import { utf8 } from "./bytes.ts";
import { runCommand, runLoop } from "./interpreter.ts";
import type { Session } from "./session.ts";
import { newState, type State } from "./state.ts";

/** What a run printed; one character for each byte. */
export interface Answer {
  /** The exit code. */
  code: number;
  /** Stdout. */
  stdout: string;
  /** Stderr. */
  stderr: string;
}

/** A simulated Mac in memory. */
export class MacInProcess {
  /** What is in its keychains. */
  readonly state: State = newState();

  /**
   * Runs `security -i`.
   *
   * @param input Stdin; text becomes UTF-8.
   */
  interactive(input: string): Answer {
    return this.#answer([], (session) => runLoop(session, { input: utf8(input) }));
  }

  /**
   * Runs `security` with arguments.
   *
   * @param args The arguments.
   * @param answers What is typed at its prompts.
   */
  command(args: string[], answers: string[] = []): Answer {
    return this.#answer([...answers], (session) => runCommand(session, args.map(utf8)));
  }

  #answer(answers: string[], action: (session: Session) => number): Answer {
    const answer = { code: 0, stdout: "", stderr: "" };
    const status = action({
      state: this.state,
      home: "/Users/me",
      out: (text) => void (answer.stdout += text),
      err: (text) => void (answer.stderr += text),
      ask: () => answers.shift() ?? "",
      canAsk: answers.length > 0,
    });
    return { ...answer, code: status & 0xff };
  }
}

import { Failure } from "../../errors.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { delay } from "../../lib/delay.ts";

const MOST_ATTEMPTS = 20;

/** How far a change has come. */
export interface Attempts {
  /** Which one it is, from 1. */
  count: number;
  /** Whether one may have had its effect without an answer. */
  isUncertain: boolean;
}

/** Changes of secrets by check-and-set, which fail whenever another one was faster. */
export class Changes {
  readonly #writers = new Map<string, { turns: Semaphore; count: number }>();

  /** Tries until it is done: another process may write the same secret. */
  async run(
    path: string,
    signal: AbortSignal,
    attempt: (attempts: Attempts) => Promise<boolean>,
  ): Promise<void> {
    const attempts = { count: 1, isUncertain: false };
    try {
      await this.#inTurn(path, signal, async () => {
        for (; attempts.count <= MOST_ATTEMPTS; attempts.count++) {
          if (await attempt(attempts)) return;
          if (attempts.count > 1) await delay(Math.random() * 20 * attempts.count, signal);
        }
        throw new Failure("other", "other programs changed the same secret each time", {
          codeName: "CONFLICT",
          advice: "Try again.",
        });
      });
    } catch (error) {
      throw attempts.isUncertain && error instanceof Failure ? unknownOutcome(error) : error;
    }
  }

  /** Lets calls that change the same secret wait for each other, and not contend. */
  async #inTurn(
    path: string,
    signal: AbortSignal,
    action: () => Promise<void>,
  ): Promise<void> {
    const writers = this.#writers.get(path) ?? { turns: new Semaphore(1), count: 0 };
    this.#writers.set(path, writers);
    writers.count++;
    try {
      await writers.turns.run(signal, action);
    } finally {
      if (--writers.count === 0) this.#writers.delete(path);
    }
  }
}

function unknownOutcome({ kind, message, details }: Failure): Failure {
  const reason = `${message}, so the outcome is unknown`;
  return new Failure(kind, reason, { ...details, advice: "Read the entry to find out." });
}

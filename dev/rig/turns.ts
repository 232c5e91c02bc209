/**
 * Standard output for several groups at once: one streams, what the others print waits until it is
 * their turn.
 *
 * @module
 */

/** What one group prints. */
export interface Turn {
  /** Prints, or keeps until it may. */
  write(text: Uint8Array): Promise<void>;
  /** Lets the next one print. */
  end(): Promise<void>;
}

interface Waiting {
  chunks: Uint8Array[];
  ended: boolean;
}

/** Lets groups print one after another, in the order in which they began. */
export class Turns {
  #queue: Waiting[] = [];
  #printed: Promise<void> = Promise.resolve();

  /** @param print Prints a chunk. */
  constructor(readonly print: (chunk: Uint8Array) => Promise<void>) {}

  /** Begins a turn. */
  begin(): Turn {
    const turn: Waiting = { chunks: [], ended: false };
    this.#queue.push(turn);
    return {
      write: (chunk) => {
        turn.chunks.push(chunk);
        return this.#flush();
      },
      end: () => {
        turn.ended = true;
        return this.#flush();
      },
    };
  }

  #flush(): Promise<void> {
    for (let turn = this.#queue[0]; turn; turn = this.#queue[0]) {
      for (const chunk of turn.chunks.splice(0)) {
        this.#printed = this.#printed.then(() => this.print(chunk));
      }
      if (!turn.ended) break;
      this.#queue.shift();
    }
    return this.#printed;
  }
}

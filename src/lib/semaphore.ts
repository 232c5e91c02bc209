/** Runs actions, at most so many at once, in the order in which they came. */
export class Semaphore {
  #free: number;
  #waiting = new Set<() => void>();

  constructor(places: number) {
    this.#free = places;
  }

  /** Runs an action once there is a place for it. */
  async run<T>(signal: AbortSignal | undefined, action: () => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#turn(signal);
    try {
      return await action();
    } finally {
      this.#leave();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const enter = () => {
      signal?.removeEventListener("abort", giveUp);
      resolve();
    };
    const giveUp = () => {
      this.#waiting.delete(enter);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    this.#waiting.add(enter);
    return promise;
  }

  // A place goes to the one who waited longest, and is free only when nobody waits.
  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

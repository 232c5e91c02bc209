import { createWaiter, type WaitOptions } from "./wait.ts";

interface Attempt<T> {
  promise: Promise<T>;
  value?: T;
  waiting: number;
  controller: AbortController;
}

/**
 * Something that is made on demand, for several callers at once, and kept until it is stale. Each
 * caller has its own time limit; once the last one has given up, making it is aborted.
 */
export class Shared<T> {
  #attempt: Attempt<T> | undefined;
  #make: (signal: AbortSignal) => Promise<T>;
  #isStale: (value: T) => boolean;

  constructor(make: (signal: AbortSignal) => Promise<T>, isStale: (value: T) => boolean) {
    this.#make = make;
    this.#isStale = isStale;
  }

  /** What was made, if it was. */
  get value(): T | undefined {
    return this.#attempt?.value;
  }

  async get(options: WaitOptions): Promise<T> {
    options.signal?.throwIfAborted();
    const { value } = this;
    if (value !== undefined) {
      if (!this.#isStale(value)) return value;
      this.forget(value);
    }
    const attempt = this.#attempt ??= this.#start();
    const waiter = createWaiter<T>(options, () => {
      attempt.waiting--;
      if (attempt.waiting === 0 && attempt.value === undefined) this.#cancel(attempt);
    });
    attempt.waiting++;
    attempt.promise.then(waiter.resolve, waiter.reject);
    return await waiter.promise;
  }

  /** Makes another one for the next caller, unless one was made in the meantime. */
  forget(value: T): void {
    if (this.value === value) this.#attempt = undefined;
  }

  cancel(reason: unknown): void {
    if (this.#attempt) this.#cancel(this.#attempt, reason);
  }

  #start(): Attempt<T> {
    const controller = new AbortController();
    const promise = this.#make(controller.signal);
    const attempt: Attempt<T> = { promise, waiting: 0, controller };
    promise.then((value) => attempt.value = value, () => this.#cancel(attempt));
    return attempt;
  }

  #cancel(attempt: Attempt<T>, reason?: unknown): void {
    if (this.#attempt === attempt) this.#attempt = undefined;
    attempt.controller.abort(reason);
  }
}

/** A token, and when it should be replaced, in milliseconds since 1970. */
export interface Obtained<T> {
  token: T;
  until: number;
}

interface Attempt<T> {
  result: Promise<Obtained<T>>;
  /** Aborted by whoever started it. */
  signal: AbortSignal | undefined;
}

const LEAST_AGE_MS = 30_000;

/** A token that all calls share: obtained once, and again when it has expired or was refused. */
export class SharedToken<T> {
  readonly #obtain: (signal: AbortSignal | undefined) => Promise<Obtained<T>>;
  #attempt: Attempt<T> | undefined;
  #renewedAt = -Infinity;
  /** The token that was last replaced. */
  #replaced: T | undefined;

  constructor(obtain: (signal: AbortSignal | undefined) => Promise<Obtained<T>>) {
    this.#obtain = obtain;
  }

  async get(signal: AbortSignal | undefined): Promise<T> {
    for (;;) {
      const attempt = this.#attempt ??= { result: this.#obtain(signal), signal };
      try {
        const { token, until } = await attempt.result;
        const isOver = until < Date.now();
        if (isOver && this.#attempt === attempt) this.#attempt = undefined;
        // One that was just obtained is used, however soon it expires.
        if (!isOver || attempt.signal === signal) return token;
      } catch (error) {
        if (this.#attempt === attempt) this.#attempt = undefined;
        signal?.throwIfAborted();
        // It was another call that gave up, not this one.
        if (attempt.signal === signal || !attempt.signal?.aborted) throw error;
      }
    }
  }

  /** A token other than the refused one; `undefined` if there is none, or one was just obtained. */
  async renew(refused: T, signal: AbortSignal | undefined): Promise<T | undefined> {
    if (await this.get(signal) === refused) {
      const isRecent = performance.now() - this.#renewedAt < LEAST_AGE_MS;
      if (isRecent && this.#replaced !== refused) return undefined;
      if (!isRecent) {
        this.#renewedAt = performance.now();
        this.#replaced = refused;
        this.#attempt = undefined;
      }
    }
    const token = await this.get(signal);
    return token === refused ? undefined : token;
  }
}

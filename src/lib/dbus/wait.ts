import { atTimeLimit } from "../time_limit.ts";
import { DBusTimeoutError } from "./errors.ts";

export interface WaitOptions {
  /** The time limit, in milliseconds. Default: 25,000. */
  timeoutMs?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface Waiter<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

const DEFAULT_TIMEOUT_MS = 25_000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A promise with a time limit; `onEnd` runs as soon as it is settled, and before anything else. */
export function createWaiter<T>(
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: WaitOptions,
  onEnd: () => void = () => {},
  isWritten: () => boolean = () => false,
): Waiter<T> {
  const { promise, ...settle } = Promise.withResolvers<T>();
  promise.catch(() => {});
  const end = () => {
    limit[Symbol.dispose]();
    signal?.removeEventListener("abort", abort);
    onEnd();
  };
  const resolve = (value: T) => {
    end();
    settle.resolve(value);
  };
  const reject = (reason: unknown) => {
    end();
    settle.reject(reason);
  };
  const abort = () => reject(signal?.reason);
  const expire = () => reject(new DBusTimeoutError(isWritten()));
  // A socket that is being read keeps the process alive.
  const limit = atTimeLimit(Math.min(timeoutMs, LONGEST_TIMER_MS), expire);
  signal?.addEventListener("abort", abort);
  return { promise, resolve, reject };
}

/** One time limit for several steps: `timeoutMs` is what is left of it. */
export function countDown({ timeoutMs = DEFAULT_TIMEOUT_MS, signal }: WaitOptions): WaitOptions {
  const end = performance.now() + timeoutMs;
  return {
    get timeoutMs() {
      return Math.max(0, end - performance.now());
    },
    signal,
  };
}

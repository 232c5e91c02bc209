const last = new Map<string, Promise<void>>();

/** Runs an action once all earlier ones with the same key have ended, whatever became of them. */
export async function inTurn<T>(
  key: string,
  signal: AbortSignal | undefined,
  action: () => Promise<T>,
): Promise<T> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const before = last.get(key) ?? Promise.resolve();
  const queue = before.then(() => ended);
  last.set(key, queue);
  // Not sooner: one who gave up waiting ends before those ahead of it.
  queue.then(() => last.get(key) === queue && last.delete(key));
  try {
    await waitFor(before, signal);
    return await action();
  } finally {
    end();
  }
}

async function waitFor(before: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  if (!signal) return await before;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([before, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

let limits = 0;
const FEW = 100;

/**
 * A signal that is aborted in time, for work that keeps the process alive by itself. `setTimeout` takes
 * 6 ms when a process first uses it, and a command makes one call; but only a timer of its own can be
 * taken back, which counts where there are many.
 */
export function timeLimit(ms: number): { signal: AbortSignal } & Disposable {
  if (limits++ < FEW) return { signal: AbortSignal.timeout(ms), [Symbol.dispose]() {} };
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), ms);
  return { signal: limit.signal, [Symbol.dispose]: () => clearTimeout(timer) };
}

let limits = 0;
const FEW = 100;

/**
 * Acts when the time is up, for work that keeps the process alive by itself. `setTimeout` takes 6 ms
 * when a process first uses it, and a command makes a dozen calls; but only a timer of its own can be
 * taken back, which counts where there are many.
 */
export function atTimeLimit(ms: number, act: () => void): Disposable {
  if (limits++ < FEW) {
    const limit = AbortSignal.timeout(ms);
    limit.addEventListener("abort", act);
    return { [Symbol.dispose]: () => limit.removeEventListener("abort", act) };
  }
  const timer = setTimeout(act, ms);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** A signal that is aborted when the time is up, likewise. */
export function timeLimit(ms: number): { signal: AbortSignal } & Disposable {
  const limit = new AbortController();
  const timer = atTimeLimit(ms, () => limit.abort());
  return { signal: limit.signal, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

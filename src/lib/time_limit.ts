interface Limit {
  due: number;
  act(): void;
}

const limits = new Set<Limit>();
/** Has a listener as long as there are limits: with one, it keeps the process alive. */
let alarm: { due: number; signal: AbortSignal } | undefined;

/**
 * Acts when the time is up, for work that keeps the process alive by itself. All limits share one
 * alarm, which is set anew only for one that is due sooner: a timer for each would take a tenth of a
 * short call, and `setTimeout` takes 6 ms when a process first uses it.
 */
export function atTimeLimit(ms: number, act: () => void): Disposable {
  const limit = { due: performance.now() + ms, act };
  limits.add(limit);
  if (!alarm || alarm.signal.aborted || limit.due < alarm.due) setAlarm(limit.due, ms);
  else if (limits.size === 1) alarm.signal.addEventListener("abort", ring);
  return { [Symbol.dispose]: () => void end(limit) };
}

/** A signal that is aborted when the time is up, likewise. */
export function timeLimit(ms: number): { signal: AbortSignal } & Disposable {
  const limit = new AbortController();
  const timer = atTimeLimit(ms, () => limit.abort());
  return { signal: limit.signal, [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

function setAlarm(due: number, ms: number): void {
  alarm?.signal.removeEventListener("abort", ring);
  alarm = { due, signal: AbortSignal.timeout(Math.ceil(ms)) };
  alarm.signal.addEventListener("abort", ring);
}

function ring(): void {
  const now = performance.now();
  const over: Limit[] = [];
  let next = Infinity;
  for (const limit of limits) {
    if (limit.due <= now) over.push(limit);
    else next = Math.min(next, limit.due);
  }
  if (next < Infinity) setAlarm(next, next - now);
  // What one does can end another.
  for (const limit of over) if (end(limit)) limit.act();
}

function end(limit: Limit): boolean {
  const isOpen = limits.delete(limit);
  if (limits.size === 0) alarm?.signal.removeEventListener("abort", ring);
  return isOpen;
}

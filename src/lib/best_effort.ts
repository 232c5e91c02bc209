/**
 * Tidies up within a time of its own, for the call may have been aborted or may be late already.
 * What cannot be done is left for another time, and is no failure of the call.
 */
export async function tidy(
  limitMs: number,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    await work(limit.signal);
  } catch {
    return;
  } finally {
    clearTimeout(timer);
  }
}

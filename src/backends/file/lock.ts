import { explained, FileError } from "./file_error.ts";

export interface LockOptions {
  /** The time limit in milliseconds. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

const SHORTEST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 50;

/**
 * Runs an action while no other process runs one under the same lock. The lock is the system's own
 * on an open file: that of a process which died is gone with it. The file stays, since one who
 * removes it could let two others in.
 */
export async function withLock<T>(
  path: string,
  flag: string,
  { timeoutMs, signal }: LockOptions,
  action: () => Promise<T>,
): Promise<T> {
  const open = () => Deno.open(path, { write: true, create: true, mode: 0o600 });
  // Closing it ends the lock, too. Under Wine unlock() fails once another has tried the lock.
  using file = await explained(`the lock file "${path}" cannot be opened`, flag, open);
  const end = performance.now() + timeoutMs;
  let wait = SHORTEST_WAIT_MS;
  const tryLock = () => file.tryLock(true);
  while (!await explained(`the lock file "${path}" cannot be locked`, flag, tryLock)) {
    signal?.throwIfAborted();
    if (performance.now() >= end) {
      throw new FileError("timeout", `another process is writing since ${timeoutMs / 1000} s`, {
        advice: `Find out which holds the lock file "${path}".`,
      });
    }
    // By chance, so that many who wait do not all come back at the same moment.
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
  signal?.throwIfAborted();
  return await action();
}

import { Failure } from "../../errors.ts";
import { isThere, lookAt } from "./files.ts";
import { explained, readFlag, writeFlag } from "./location.ts";

const SHORTEST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 50;

/**
 * Runs an action while no other process runs one on the same file. The lock is the system's own, on
 * an open file: it ends with the process that holds it. The lock file stays, since removing it could
 * let two others in. The action gets the real path: all who use the file by a link share its lock.
 */
export async function withLock<T>(
  path: string,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
  action: (path: string) => Promise<T>,
): Promise<T> {
  const real = await realPathOf(path);
  const lock = `${real}.lock`;
  const flag = writeFlag(real);
  // Closing it releases the lock. Under Wine unlock() fails once another has tried the lock.
  using file = await explained(
    `the lock file "${lock}" cannot be opened`,
    flag,
    () => openLock(lock),
  );
  const tryLock = () => file.tryLock(true);
  const end = performance.now() + timeoutMs;
  let wait = SHORTEST_WAIT_MS;
  while (!await explained(`the lock file "${lock}" cannot be locked`, flag, tryLock)) {
    signal?.throwIfAborted();
    if (performance.now() >= end) {
      const reason = `another process has been writing for ${timeoutMs / 1000} s`;
      const advice = `Find out which process holds the lock file "${lock}".`;
      throw new Failure("timeout", reason, { advice });
    }
    // At random, so that the waiting processes do not all retry at the same moment.
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
  signal?.throwIfAborted();
  return await action(real);
}

/** A link would lock, or create, a file elsewhere; a named pipe would block. */
async function openLock(lock: string): Promise<Deno.FsFile> {
  const found = await lookAt(lock);
  if (found && !found.isFile) throw notPlain(lock);
  try {
    if (!found) return await Deno.open(lock, { write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    // Another process created it first.
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return await openLock(lock);
  }
  const file = await Deno.open(lock, { write: true });
  try {
    const { ino, dev } = await file.stat();
    if (ino === found.ino && dev === found.dev) return file;
    throw notPlain(lock);
  } catch (error) {
    file.close();
    throw error;
  }
}

function notPlain(lock: string): Failure {
  const advice = "Remove it; the next write creates the lock file.";
  return new Failure("other", `"${lock}" is not a plain file, so it cannot be the lock file`, {
    advice,
  });
}

async function realPathOf(path: string): Promise<string> {
  const find = async () => await isThere(path) ? await Deno.realPath(path) : path;
  return await explained(`the encrypted file "${path}" cannot be read`, readFlag(path), find);
}

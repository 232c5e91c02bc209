// Lets one process at a time change entries. Which place of an entry is free must be looked up
// before it is taken, and Windows has no call that does both.

import { openLibraries } from "./libraries.ts";
import { encodeWide } from "./wide.ts";

// Of this logon session, and of all versions of this library.
const NAME = "Local\\os-keyring";
const WAIT_OBJECT_0 = 0;
// Its owner ended without a word: what that left is as whole as after any other crash.
const WAIT_ABANDONED = 0x80;
const WAIT_TIMEOUT = 0x102;
const LIMIT_MS = 10_000;
const PAUSE_MS = 5;

export class EntriesBusyError extends Error {
  override name = "EntriesBusyError";
}

let handle = 0n;

/** Does something while no other process that uses this library does such a thing. */
export async function exclusively<T>(signal: AbortSignal | undefined, work: () => T): Promise<T> {
  const { CreateMutexW, ReleaseMutex } = openLibraries().kernel32;
  // It stays open until the process ends, as the libraries do.
  if (handle === 0n) handle = CreateMutexW(0n, 0, encodeWide(NAME));
  const isOwner = await acquire(handle, signal);
  try {
    return work();
  } finally {
    if (isOwner) ReleaseMutex(handle);
  }
}

/**
 * Waits for the mutex. A process that an administrator raised keeps it from all that are not: an
 * entry is then stored without it, rather than not at all.
 */
async function acquire(mutex: bigint, signal: AbortSignal | undefined): Promise<boolean> {
  const { WaitForSingleObject } = openLibraries().kernel32;
  const end = performance.now() + LIMIT_MS;
  while (true) {
    const state = mutex === 0n ? undefined : WaitForSingleObject(mutex, 0);
    if (state !== WAIT_TIMEOUT) return state === WAIT_OBJECT_0 || state === WAIT_ABANDONED;
    if (performance.now() > end) throw new EntriesBusyError("The entries are busy");
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    signal?.throwIfAborted();
  }
}

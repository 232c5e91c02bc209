// Lets one process at a time change entries. Which place of an entry is free must be looked up
// before it is taken, and Windows has no call that does both.

import { Failure } from "../../errors.ts";
import { openLibraries } from "./calls.ts";
import { encodeWide } from "./structs.ts";

// Of this logon session, and of all versions of this library.
const NAME = "Local\\os-keyring";
const WAIT_OBJECT_0 = 0;
// Its owner ended without releasing it: what that left is as whole as after any other crash.
const WAIT_ABANDONED = 0x80;
const WAIT_TIMEOUT = 0x102;
const LIMIT_MS = 10_000;
const PAUSE_MS = 5;

let handle = 0n;

/** Runs an action while no other process that uses this library runs one. */
export async function exclusively<T>(signal: AbortSignal | undefined, work: () => T): Promise<T> {
  const { CreateMutexW, ReleaseMutex } = openLibraries().kernel32;
  // It stays open until the process ends, as the libraries do.
  if (handle === 0n) handle = CreateMutexW(0n, 0, encodeWide(NAME));
  const isOwner = tryToAcquire(handle) ?? await waitFor(handle, signal);
  try {
    return work();
  } finally {
    if (isOwner) ReleaseMutex(handle);
  }
}

/**
 * Returns `undefined` while another process owns the mutex. A process that an administrator raised
 * keeps it from all that are not: an entry is then stored without it, rather than not at all.
 */
function tryToAcquire(mutex: bigint): boolean | undefined {
  if (mutex === 0n) return false;
  const state = openLibraries().kernel32.WaitForSingleObject(mutex, 0);
  return state === WAIT_TIMEOUT ? undefined : state === WAIT_OBJECT_0 || state === WAIT_ABANDONED;
}

async function waitFor(mutex: bigint, signal: AbortSignal | undefined): Promise<boolean> {
  const end = performance.now() + LIMIT_MS;
  while (true) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    signal?.throwIfAborted();
    const isOwner = tryToAcquire(mutex);
    if (isOwner !== undefined) return isOwner;
    if (performance.now() > end) {
      const advice = "End the process that hangs, and try again.";
      throw new Failure(
        "timeout",
        `another process has been changing entries for ${LIMIT_MS / 1000} s`,
        { advice },
      );
    }
  }
}

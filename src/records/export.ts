import { textOrBytes } from "../checks.ts";
import { KeyringLockedError, operationError } from "../errors.ts";
import type { CallOptions, EntryInfo, Keyring } from "../keyring.ts";
import type { Entry } from "./record.ts";
import { failsForAll, forEach, type Work } from "./work.ts";

export interface Fetched {
  entries: Entry[];
  /** Why the others could not be read. */
  failures: unknown[];
  /** Whether the rest was not tried, because it would have failed as well. */
  stopped: boolean;
}

export interface FetchOptions extends Work {
  /** Whether to try the others after a locked entry: not every keyring locks all of its entries. */
  skipLocked: boolean;
}

/** Reads secrets, each in the form that stores the very same bytes again. */
export async function fetchEntries(
  keyring: Keyring,
  names: readonly EntryInfo[],
  { signal, step, skipLocked }: FetchOptions,
): Promise<Fetched> {
  const entries: Entry[] = [];
  const failures: unknown[] = [];
  let stopped = false;
  await forEach(keyring, [...names.entries()], async ([index, { service, username }]) => {
    try {
      const secret = await fetchSecret(keyring, service, username, signal);
      // At its index, since later ones may finish earlier.
      entries[index] = { service, username, secret };
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error);
      const isForAll = failsForAll(error) &&
        !(skipLocked && error instanceof KeyringLockedError);
      stopped ||= isForAll;
      if (isForAll) return "last";
    }
    await step();
  });
  return { entries: entries.filter(() => true), failures, stopped };
}

async function fetchSecret(
  keyring: Keyring,
  service: string,
  username: string,
  signal: AbortSignal,
): Promise<string | Uint8Array> {
  const secret = await readSecret(keyring, service, username, { signal });
  if (secret !== null) return secret;
  const details = { operation: "get", service, username } as const;
  const advice = "If it is still listed, store it again or delete it.";
  const reason = "it was deleted in the meantime, or its first write was interrupted";
  throw operationError(reason, { ...details, advice });
}

/** Reads a secret in the form in which it can be stored again; `null` when there is none. */
export async function readSecret(
  keyring: Keyring,
  service: string,
  username: string,
  options: CallOptions,
): Promise<string | Uint8Array | null> {
  if (keyring.getPasswordOrSecret) {
    return await keyring.getPasswordOrSecret(service, username, options);
  }
  const bytes = await keyring.getSecret(service, username, options);
  return bytes && textOrBytes(bytes);
}

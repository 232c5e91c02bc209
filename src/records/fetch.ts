import { KeyringError, operationError } from "../errors.ts";
import type { EntryInfo, Keyring } from "../keyring.ts";
import type { Entry } from "./record.ts";
import { isHopeless, type Work } from "./work.ts";

/** The entries with their secrets, and what could not be read. */
export interface Fetched {
  entries: Entry[];
  /** Why the others could not be read. */
  failures: unknown[];
}

/** Reads secrets, each as what stores the very same bytes again. */
export async function fetchEntries(
  keyring: Keyring,
  names: readonly EntryInfo[],
  { signal, step }: Work,
): Promise<Fetched> {
  const fetched: Fetched = { entries: [], failures: [] };
  for (const info of names) {
    const { service, username } = info;
    try {
      fetched.entries.push({ service, username, secret: await fetchSecret(keyring, info, signal) });
    } catch (error) {
      signal.throwIfAborted();
      fetched.failures.push(error);
      if (isHopeless(error)) break;
    }
    await step();
  }
  return fetched;
}

async function fetchSecret(
  keyring: Keyring,
  { service, username, persistence }: EntryInfo,
  signal: AbortSignal,
): Promise<string | Uint8Array> {
  const bytes = await keyring.getSecret(service, username, { signal });
  if (bytes === null) {
    const advice = "If it is still listed, store it again or delete it.";
    throw operationError("it was deleted meanwhile, or its first write was interrupted", {
      operation: "get",
      service,
      username,
      advice,
    });
  }
  // Only Windows knows such a thing as persistence; all others keep text as UTF-8.
  const text = persistence === undefined
    ? decode("utf-8", bytes)
    : await textOfWindows(bytes, () => keyring.getPassword(service, username, { signal }));
  if (text === undefined) return bytes;
  bytes.fill(0);
  return text;
}

// What is larger was stored in parts, which hold text as UTF-8.
const LARGEST_CREDENTIAL = 2560;

// Other programs keep text as UTF-8 in smaller credentials. Stored again as text it would be
// UTF-16, which they could not read; so it is bytes.
async function textOfWindows(
  bytes: Uint8Array,
  read: () => Promise<string | null>,
): Promise<string | undefined> {
  if (bytes.length > LARGEST_CREDENTIAL) return decode("utf-8", bytes);
  const wide = decode("utf-16le", bytes);
  if (wide === undefined) return undefined;
  // Nearly any even number of bytes is UTF-16: what the store takes it for decides.
  return await read().catch(noText) === wide ? wide : undefined;
}

function decode(encoding: "utf-8" | "utf-16le", bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function noText(error: unknown): null {
  if (error instanceof KeyringError && !isHopeless(error)) return null;
  throw error;
}

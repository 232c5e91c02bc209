import type { Keyring } from "../keyring.ts";
import { messageOf } from "../cli/output.ts";
import type { Plan } from "./conflicts.ts";
import { LineError, type ReadEntry } from "./record.ts";
import { isHopeless, type Work } from "./work.ts";

export interface Outcome {
  stored: number;
  replaced: number;
  skipped: number;
  /** Why the others were not stored. */
  failed: LineError[];
  /** How many were not tried, or not to the end. */
  left: number;
}

/** Stores entries. An entry that fails is told, and the next one is stored. */
export async function storeEntries(
  keyring: Keyring,
  { todo, skipped }: Plan,
  { signal, step }: Work,
): Promise<Outcome> {
  const outcome: Outcome = { stored: 0, replaced: 0, skipped, failed: [], left: todo.length };
  for (const { entry, replaces } of todo) {
    const error = await storeEntry(keyring, entry, signal);
    if (error !== undefined && signal.aborted) break;
    outcome.left--;
    if (error) {
      outcome.failed.push(new LineError(entry.line, messageOf(error)));
      if (isHopeless(error)) break;
    } else if (replaces) outcome.replaced++;
    else outcome.stored++;
    await step();
  }
  return outcome;
}

async function storeEntry(
  keyring: Keyring,
  { service, username, secret }: ReadEntry,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    if (signal.aborted) return signal.reason;
    if (typeof secret === "string") {
      await keyring.setPassword(service, username, secret, { signal });
    } else {
      await keyring.setSecret(service, username, secret, { signal });
    }
  } catch (error) {
    return error;
  }
}

import type { Keyring } from "../keyring.ts";
import { findExisting, type OnConflict, type Plan, planImport } from "./plan.ts";
import type { LineError, ReadEntry } from "./record.ts";
import { failsForAll, forEach, inBatch, type Work } from "./work.ts";

export interface ImportOptions {
  onConflict: OnConflict;
  /** Whether to plan only. */
  dryRun: boolean;
  signal: AbortSignal;
  /** Does a part of the work, and shows how far it is. */
  withProgress<T>(part: string, total: number, run: (step: Work["step"]) => Promise<T>): Promise<T>;
}

export interface Import {
  /** Entries that the store cannot hold, so nothing was stored. */
  refused: LineError[];
  plan: Plan;
  /** What was stored; missing if nothing was to be stored. */
  outcome?: Outcome;
}

export interface Outcome {
  stored: number;
  replaced: number;
  skipped: number;
  failed: { line: number; error: unknown }[];
  /** How many were not tried, or not completed. */
  left: number;
  /** Why the store was not saved, in which case nothing was stored. */
  unsaved?: unknown;
}

/** Stores entries. One that fails is reported, and the next one is stored. */
export async function importEntries(
  keyring: Keyring,
  entries: readonly ReadEntry[],
  options: ImportOptions,
): Promise<Import> {
  const { signal } = options;
  const done: { import?: Import } = {};
  try {
    return await inBatch(keyring, async (opened) => {
      done.import = await planAndStore(opened, entries, options);
      // A batch that fails is not saved.
      if (keyring.batch && done.import.outcome) signal.throwIfAborted();
      return done.import;
    }, { signal });
  } catch (error) {
    const { outcome, plan } = done.import ?? {};
    if (!outcome || !plan) throw error;
    const left = outcome.left + outcome.stored + outcome.replaced;
    const nothing = { ...outcome, stored: 0, replaced: 0, left };
    const failed = signal.aborted ? nothing : { ...nothing, unsaved: error };
    return { refused: [], plan, outcome: failed };
  }
}

async function planAndStore(
  keyring: Keyring,
  entries: readonly ReadEntry[],
  { onConflict, dryRun, signal, withProgress }: ImportOptions,
): Promise<Import> {
  const existing = await withProgress("looking at", entries.length, (step) => {
    return findExisting(keyring, entries, { signal, step });
  });
  const { refused } = existing;
  const plan = planImport(entries, existing.entries, onConflict);
  if (dryRun || refused.length + plan.conflicts.length > 0) return { refused, plan };
  const outcome = await withProgress("storing", plan.todo.length, (step) => {
    return storeEntries(keyring, plan, { signal, step });
  });
  return { refused, plan, outcome };
}

async function storeEntries(
  keyring: Keyring,
  { todo, skipped }: Plan,
  { signal, step }: Work,
): Promise<Outcome> {
  const outcome: Outcome = { stored: 0, replaced: 0, skipped, failed: [], left: todo.length };
  await forEach(keyring, todo, async ({ entry, replaces }) => {
    const error = await storeEntry(keyring, entry, signal);
    if (error !== undefined && signal.aborted) return "last";
    outcome.left--;
    if (error !== undefined) {
      outcome.failed.push({ line: entry.line, error });
      if (failsForAll(error)) return "last";
    } else if (replaces) outcome.replaced++;
    else outcome.stored++;
    await step();
  });
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

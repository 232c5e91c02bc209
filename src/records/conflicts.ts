import { foldCase, stripNamespace } from "../backends/windows/target.ts";
import { CorruptSecretError, quote } from "../errors.ts";
import type { EntryInfo, Keyring } from "../keyring.ts";
import type { Parts } from "../cli/command.ts";
import type { ON_CONFLICT } from "../cli/options.ts";
import { LineError, type ReadEntry } from "./record.ts";
import type { Work } from "./work.ts";

export type OnConflict = typeof ON_CONFLICT[number];

export interface Plan {
  todo: { entry: ReadEntry; replaces: boolean }[];
  skipped: number;
  conflicts: LineError[];
}

/**
 * Makes a key of the names of an entry, the same for names that the store of a system takes for the
 * same: targets of Windows are case-insensitive.
 */
export function entryKey(
  { service, username }: Pick<EntryInfo, "service" | "username">,
  os: Parts["os"],
): string {
  const target = os === "windows" ? foldCase(stripNamespace(service)) : service;
  return JSON.stringify([target, username]);
}

export async function findExisting(
  keyring: Keyring,
  entries: readonly ReadEntry[],
  os: Parts["os"],
  work: Work,
): Promise<Set<ReadEntry>> {
  const existing = new Set<ReadEntry>();
  const exists = os === "windows" ? oneByOne(keyring, work) : await byLists(keyring, os, work);
  for (const entry of entries) {
    if (await exists(entry)) existing.add(entry);
    await work.step();
  }
  return existing;
}

type Exists = (entry: ReadEntry) => Promise<boolean>;

// Windows itself tells which names are the same, asks nobody for leave, and answers sooner for one
// entry than for all.
function oneByOne(keyring: Keyring, { signal }: Work): Exists {
  return async ({ service, username }) => {
    try {
      const secret = await keyring.getSecret(service, username, { signal });
      secret?.fill(0);
      return secret !== null;
    } catch (error) {
      if (error instanceof CorruptSecretError) return true;
      throw error;
    }
  };
}

// Elsewhere to read a secret may bring up a dialog, and takes a process for each.
async function byLists(keyring: Keyring, os: Parts["os"], { signal }: Work): Promise<Exists> {
  const known = new Set<string>();
  const add = (found: EntryInfo[]) => found.forEach((entry) => known.add(entryKey(entry, os)));
  add(await keyring.list({ signal }));
  const asked = new Set<string>();
  return async (entry) => {
    const key = entryKey(entry, os);
    // The Secret Service tells what other programs stored only when it is asked for the service.
    if (os === "linux" && !known.has(key) && !asked.has(entry.service)) {
      asked.add(entry.service);
      add(await keyring.list({ service: entry.service, signal }));
    }
    return known.has(key);
  };
}

export function planImport(
  entries: readonly ReadEntry[],
  existing: ReadonlySet<ReadEntry>,
  onConflict: OnConflict,
): Plan {
  const plan: Plan = { todo: [], skipped: 0, conflicts: [] };
  for (const entry of entries) {
    const replaces = existing.has(entry);
    if (!replaces || onConflict === "replace") plan.todo.push({ entry, replaces });
    else if (onConflict === "skip") plan.skipped++;
    else plan.conflicts.push(conflict(entry));
  }
  return plan;
}

function conflict({ line, service, username }: ReadEntry): LineError {
  return new LineError(
    line,
    `there is an entry of ${quote(username)} for ${quote(service)} already`,
  );
}

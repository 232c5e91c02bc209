/**
 * Which of the entries of a file there are already, and what is done about them.
 *
 * @module
 */

import { foldCase, stripNamespace } from "../../backends/windows_layout.ts";
import type { EntryInfo, Keyring } from "../../keyring.ts";
import { quote } from "../../errors.ts";
import type { Parts } from "../command.ts";
import type { ON_CONFLICT } from "../options.ts";
import { LineError, type ReadEntry } from "./entry.ts";
import type { Work } from "./work.ts";

/** What is done about an entry that there is already. */
export type OnConflict = typeof ON_CONFLICT[number];

/** What an import is going to do. */
export interface Plan {
  /** The entries to store, in the order of the file. */
  todo: { entry: ReadEntry; replaces: boolean }[];
  /** How many stay as they are in the store. */
  skipped: number;
  /** The entries that there are already, where that is a failure. */
  conflicts: LineError[];
}

/**
 * Makes a key of the names of an entry, the same for names that the store of a system takes for
 * the same: targets of Windows are case-insensitive.
 *
 * @param names The service and username.
 * @param os The system.
 * @returns The key.
 */
export function entryKey(
  { service, username }: Pick<EntryInfo, "service" | "username">,
  os: Parts["os"],
): string {
  const target = os === "windows" ? foldCase(stripNamespace(service)) : service;
  return JSON.stringify([target, username]);
}

/**
 * Finds the entries that there are already. Reads no secret, so that no store asks for leave.
 *
 * @param keyring The store.
 * @param entries The entries of the file.
 * @param os The system.
 * @param work What ends the search, and is told of each entry.
 * @returns The keys of those that there are.
 */
export async function findExisting(
  keyring: Keyring,
  entries: readonly ReadEntry[],
  os: Parts["os"],
  { signal, step }: Work,
): Promise<Set<string>> {
  const existing = new Set<string>();
  const add = (found: EntryInfo[]) => found.forEach((entry) => existing.add(entryKey(entry, os)));
  add(await keyring.list({ signal }));
  const asked = new Set<string>();
  for (const entry of entries) {
    const { service } = entry;
    // The Secret Service tells what other programs stored only when it is asked for the service.
    if (os === "linux" && !asked.has(service) && !existing.has(entryKey(entry, os))) {
      asked.add(service);
      add(await keyring.list({ service, signal }));
    }
    await step();
  }
  return existing;
}

/**
 * Plans an import.
 *
 * @param entries The entries of the file.
 * @param existing Tells whether there is an entry already.
 * @param onConflict What is done about it.
 * @returns The plan.
 */
export function planImport(
  entries: readonly ReadEntry[],
  existing: (entry: ReadEntry) => boolean,
  onConflict: OnConflict,
): Plan {
  const plan: Plan = { todo: [], skipped: 0, conflicts: [] };
  for (const entry of entries) {
    const replaces = existing(entry);
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

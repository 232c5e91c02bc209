import { quote } from "../errors.ts";
import type { EntryInfo, Keyring } from "../keyring.ts";
import { LineError, type ReadEntry } from "./record.ts";
import { forEach, type Work } from "./work.ts";

export type OnConflict = "fail" | "skip" | "replace";

export interface Plan {
  todo: { entry: ReadEntry; replaces: boolean }[];
  skipped: number;
  conflicts: LineError[];
}

type Names = Pick<ReadEntry, "service" | "username">;

/** The key of an entry: the same for names that the store takes for the same. */
export function keyOf(keyring: Keyring, { service, username }: Names): string {
  return keyring.keyOf?.(service, username) ?? JSON.stringify([service, username]);
}

export async function findExisting(
  keyring: Keyring,
  entries: readonly ReadEntry[],
  { signal, step }: Work,
): Promise<Set<ReadEntry>> {
  const existing = new Set<ReadEntry>();
  const listed = keyring.has ? undefined : await listKeys(keyring, entries, signal);
  for (const entry of entries) {
    const { service, username } = entry;
    const exists = listed?.has(keyOf(keyring, entry)) ??
      await keyring.has?.(service, username, { signal });
    if (exists) existing.add(entry);
    await step();
  }
  return existing;
}

// A store across a network may be large, and list no more than some services to this user.
const FEW_SERVICES = 20;

async function listKeys(
  keyring: Keyring,
  entries: readonly Names[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const services = [...new Set(entries.map(({ service }) => service))];
  const isFew = keyring.concurrency !== undefined && services.length <= FEW_SERVICES;
  const listed = isFew
    ? await listServices(keyring, services, signal)
    : await keyring.list({ signal }).catch((error) => {
      signal.throwIfAborted();
      if (keyring.concurrency === undefined) throw error;
      return listServices(keyring, services, signal);
    });
  return new Set(listed.map((entry) => keyOf(keyring, entry)));
}

async function listServices(
  keyring: Keyring,
  services: readonly string[],
  signal: AbortSignal,
): Promise<EntryInfo[]> {
  const listed: EntryInfo[] = [];
  await forEach(keyring, services, async (service) => {
    listed.push(...await keyring.list({ service, signal }));
  });
  return listed;
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
    `the entry of ${quote(username)} for ${quote(service)} already exists`,
  );
}

import { KeyringError, quote } from "../errors.ts";
import type { Keyring } from "../keyring.ts";
import { LineError, type ReadEntry } from "./record.ts";
import { failsForAll, giveTurn, type Work } from "./work.ts";

export type OnConflict = "fail" | "skip" | "replace";

export interface Plan {
  todo: { entry: ReadEntry; replaces: boolean }[];
  skipped: number;
  conflicts: LineError[];
}

export interface Existing {
  entries: ReadonlySet<ReadEntry>;
  /** Those that the store cannot hold, such as for their names. */
  refused: LineError[];
}

type Names = Pick<ReadEntry, "service" | "username">;

/** The key of an entry: the same for names that the store takes for the same. */
export function keyOf(keyring: Keyring, { service, username }: Names): string {
  return keyring.keyOf?.(service, username) ?? JSON.stringify([service, username]);
}

export async function findExisting(
  keyring: Keyring,
  all: readonly ReadEntry[],
  { signal, step }: Work,
): Promise<Existing> {
  const existing = new Set<ReadEntry>();
  const reasons = await keyring.checkEach?.(all, { signal }) ?? [];
  const entries = all.filter((_, index) => reasons[index] === undefined);
  const refused = all.flatMap(({ line }, index) => {
    const reason = reasons[index];
    return reason === undefined ? [] : [new LineError(line, reasonOf(reason))];
  });
  if (keyring.hasEach) {
    const has = await keyring.hasEach(entries, { signal });
    return { entries: new Set(entries.filter((_, index) => has[index])), refused };
  }
  const listed = keyring.has ? undefined : await listKeys(keyring, signal);
  for (const entry of entries) {
    const { line, service, username } = entry;
    await giveTurn();
    try {
      const exists = listed?.has(keyOf(keyring, entry)) ??
        await keyring.has?.(service, username, { signal });
      if (exists) existing.add(entry);
    } catch (error) {
      if (!(error instanceof KeyringError) || failsForAll(error)) throw error;
      refused.push(new LineError(line, reasonOf(error)));
    }
    await step();
  }
  return { entries: existing, refused: refused.sort((a, b) => a.line - b.line) };
}

function reasonOf(error: Error): string {
  if (!(error instanceof KeyringError)) return error.message;
  const { reason, advice } = error;
  return advice ? `${reason}. ${advice}` : reason;
}

async function listKeys(keyring: Keyring, signal: AbortSignal): Promise<Set<string>> {
  const entries = await keyring.list({ signal });
  return new Set(entries.map((entry) => keyOf(keyring, entry)));
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

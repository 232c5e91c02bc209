import type { EntryInfo, Keyring } from "../keyring.ts";

/** The part of a keyring that the helpers need. */
export type Entries =
  & Pick<Keyring, "getPassword" | "setPassword" | "deletePassword" | "list">
  & { batch?: <T>(work: (entries: Entries) => Promise<T>) => Promise<T> };

/** Works on several entries, in one batch if the keyring benefits from it. */
export async function atOnce<T>(
  entries: Entries,
  work: (entries: Entries) => Promise<T>,
): Promise<T> {
  return entries.batch ? await entries.batch(work) : await work(entries);
}

/** The entries of a service, the one that was stored last first. */
export async function newestOf(entries: Entries, service: string): Promise<EntryInfo[]> {
  return newestFirst(await entries.list({ service }));
}

export function newestFirst(infos: readonly EntryInfo[]): EntryInfo[] {
  return infos.toSorted((a, b) => Number(b.modified ?? 0) - Number(a.modified ?? 0));
}

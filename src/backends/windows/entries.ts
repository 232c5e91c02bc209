import type { EntryDetails } from "../../entry.ts";
import { PasswordSetError } from "../../errors.ts";
import type { EntryInfo, Persistence } from "../../keyring.ts";
import type { ReplacedListener } from "../../replaced.ts";
import { PERSIST } from "./structs.ts";
import {
  deleteCredential,
  enumerateCredentials,
  readCredential,
  type StoredCredential,
  viewCredential,
  writeCredential,
} from "./calls.ts";
import { compoundTarget, sameTarget, serviceOf, stripNamespace } from "./target.ts";

export interface EntryValue {
  /** The secret's bytes. */
  blob: Uint8Array;
  comment: string;
  /** One of `PERSIST`. */
  persist: number;
}

/** An entry that was found, whose blob the caller must overwrite after use. */
export interface FoundEntry {
  userName: string;
  comment: string;
  /** The secret's bytes. */
  blob: Uint8Array;
}

/**
 * Finds an entry: first at `service`, then at `user@service`. Another process may just have moved
 * it from the second place to the first, so that it was in neither when that was looked at.
 */
export function findEntry(service: string, username: string): FoundEntry | undefined {
  return readAs(service, username) ??
    readAs(compoundTarget(service, username), username) ??
    readAs(service, username);
}

/**
 * Finds any entry of a service. Only where none lives at `service` itself are all credentials
 * enumerated to find one at `user@service`.
 */
export function findAnyEntry(service: string): FoundEntry | undefined {
  const base = readCredential(service);
  if (base) return base;
  const entry = enumerateCredentials().find(({ target, userName }) =>
    sameTarget(target, compoundTarget(service, userName))
  );
  return entry && readAs(entry.target, entry.userName);
}

/** Writes an entry by one `CredWriteW`, then removes what an earlier layout left of it. */
export function writeEntry(
  details: EntryDetails,
  value: EntryValue,
  listener?: ReplacedListener,
): void {
  const { username } = details;
  const service = stripNamespace(details.service);
  const compound = compoundTarget(service, username);
  const base = holderOf(service, username, listener);
  const other = holderOf(compound, username, listener);
  const fields = { ...value, userName: username === "" ? null : username };
  if (base === undefined || base === username) {
    writeCredential({ ...fields, target: service });
    // Only now: until here the old value was there, and from here on the new one is found first.
    if (other === username) deleteCredential(compound);
    return;
  }
  if (other !== undefined && other !== username) {
    throw new PasswordSetError(
      "Windows does not tell its name from that of another entry, which differs in case",
      { ...details, advice: "Delete the other entry, or use its spelling of the username." },
    );
  }
  writeCredential({ ...fields, target: compound });
}

export function deleteEntry(
  service: string,
  username: string,
  listener?: ReplacedListener,
): boolean {
  let deleted = false;
  // The second place first: were it left behind, its older password would come back.
  for (const target of [compoundTarget(service, username), service]) {
    const holder = holderOf(target, username, listener);
    if (holder === username) deleted = deleteCredential(target) || deleted;
  }
  return deleted;
}

/** Describes an entry without its secret. */
export function infoOf(credential: StoredCredential): EntryInfo {
  const { target, userName, comment, lastWritten, persist } = credential;
  const info: EntryInfo = { service: serviceOf(target, userName), username: userName };
  if (lastWritten) info.modified = lastWritten;
  const persistence = persistenceOf(persist);
  if (persistence) info.persistence = persistence;
  if (comment !== "") info.comment = comment;
  return info;
}

function persistenceOf(persist: number): Persistence | undefined {
  const names = Object.keys(PERSIST) as Persistence[];
  return names.find((name) => PERSIST[name] === persist);
}

function readAs(target: string, username: string): FoundEntry | undefined {
  return viewCredential(target, (view) => {
    const userName = view.userName();
    if (userName !== username) return undefined;
    return { userName, comment: view.comment(), blob: view.blob() };
  });
}

function holderOf(
  target: string,
  username: string,
  listener: ReplacedListener | undefined,
): string | undefined {
  return viewCredential(target, (view) => {
    const holder = view.userName();
    if (listener && holder === username) {
      const blob = view.blob();
      try {
        listener(blob);
      } finally {
        blob.fill(0);
      }
    }
    return holder;
  });
}

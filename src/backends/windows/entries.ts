// Entries and the credentials that hold them. An entry lies where Python's keyring looks for it: at
// the target `service` when that target is free or already this user's, else at `user@service`.
//
// The comment of our own says which of the two its target is, so that `root@server1` is never taken
// for the entry of another service. Other programs do not say so: theirs are read as Python reads
// them, by both names, and are changed where they lie, in the form that they have.

import type { Entry, Secret } from "../../backend.ts";
import { Failure, quote } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import { foldCase } from "../../lib/glob.ts";
import {
  deleteCredential,
  enumerateCredentials,
  readCredential,
  replaceSecret,
  writeCredential,
} from "./calls.ts";
import type { StoredCredential } from "./structs.ts";
import { CRED_TYPE, MAX_BLOB_BYTES } from "./symbols.ts";
import {
  COMMENT,
  compoundTarget,
  decodeBlob,
  encodeLike,
  encodingOf,
  type Form,
  markOf,
  persistenceOf,
  sameTarget,
  servicesOf,
  stripNamespace,
} from "./target.ts";

/**
 * Finds an entry: first at `service`, then at `user@service`. Another process may just have moved
 * it from the second place to the first, so that it was in neither when that was looked at.
 */
export function findEntry({ service, username }: Entry): StoredCredential | undefined {
  const base = stripNamespace(service);
  return readOf(username, base, "service") ??
    readOf(username, compoundTarget(base, username), "user@service") ??
    readOf(username, base, "service");
}

function readOf(username: string, target: string, form: Form): StoredCredential | undefined {
  const found = readCredential(target);
  if (found && isOf(username, form, found)) return found;
  found?.blob.fill(0);
  return undefined;
}

function isOf(username: string, form: Form, { userName, comment }: StoredCredential): boolean {
  return userName === username && (markOf(comment)?.form ?? form) === form;
}

/** A place where an entry may lie. */
interface Place {
  target: string;
  form: Form;
  found: StoredCredential | undefined;
  /** What lies there: the entry as this library or as another program wrote it, or another one. */
  holds: "nothing" | "ours" | "foreign" | "another";
}

/** Looks at a place of an entry; the secret of the entry itself is added to `own`. */
function lookAt(target: string, form: Form, username: string, own: Uint8Array[]): Place {
  const found = readCredential(target);
  if (!found) return { target, form, found, holds: "nothing" };
  if (isOf(username, form, found)) {
    own.push(found.blob);
    return { target, form, found, holds: markOf(found.comment) ? "ours" : "foreign" };
  }
  found.blob.fill(0);
  return { target, form, found, holds: "another" };
}

/** Writes an entry by one `CredWriteW`, then removes what an earlier write of ours left of it. */
export function writeEntry(entry: Entry, secret: Secret, persist: number): Uint8Array[] {
  const { username } = entry;
  const base = stripNamespace(entry.service);
  return collect((replaced) => {
    const first = lookAt(base, "service", username, replaced);
    const second = lookAt(compoundTarget(base, username), "user@service", username, replaced);
    const isFree = first.holds === "nothing" && second.holds !== "foreign";
    const place = isFree || first.holds === "ours" || first.holds === "foreign" ? first : second;
    if (place.holds === "foreign") replaceForeign(place, secret);
    else writeOurs(place, username, secret, persist);
    // Only now: until here the old value was there, and from here on the new one is found first.
    if (place === first && second.holds === "ours") deleteCredential(second.target);
  });
}

function writeOurs(place: Place, username: string, secret: Secret, persist: number): void {
  const { target, form, found, holds } = place;
  if (found && holds === "another") throw isTaken(target, username, found);
  const { bytes: blob, kind = "bytes" } = secret;
  if (blob.length > MAX_BLOB_BYTES) {
    throw new Failure("too-large", "", { size: blob.length, limit: MAX_BLOB_BYTES });
  }
  const userName = username === "" ? null : username;
  writeCredential({ target, userName, comment: COMMENT[form][kind], persist, blob });
}

function replaceForeign({ target, found }: Place, { bytes, kind, encoding }: Secret): void {
  const { blob: old = bytes, comment = "" } = found ?? {};
  const text = kind === "text" ? decodeBlob(bytes, "utf-16le") : undefined;
  const known = encodingOf(comment) ?? encoding;
  const blob = text === undefined ? bytes : encodeLike(old, text, known);
  try {
    if (blob.length > MAX_BLOB_BYTES) {
      const reason = "another program stored it, which cannot read a secret of " +
        `more than ${MAX_BLOB_BYTES} bytes, and this one has ${blob.length}`;
      throw new Failure("other", reason, { advice: "Delete the entry first." });
    }
    replaceSecret(target, blob);
  } finally {
    if (blob !== bytes) blob.fill(0);
  }
}

function isTaken(target: string, username: string, found: StoredCredential): Failure {
  const { userName } = found;
  const [service = target] = servicesOf(found);
  const inCase = userName !== username && sameTarget(userName, username)
    ? ", whose name differs only in case"
    : "";
  return new Failure(
    "other",
    `its target in Windows, ${quote(target)}, is taken by the entry of ${quote(userName)} ` +
      `for ${quote(service)}${inCase}`,
    { advice: "Delete that entry, or use another username." },
  );
}

/** Removes an entry; returns what it held, or `null` when there is none. */
export function removeEntry({ service, username }: Entry): Uint8Array[] | null {
  const base = stripNamespace(service);
  const removed = collect((removed) => {
    // The second place first: were it left behind, its older password would come back.
    for (const form of ["user@service", "service"] as const) {
      const target = form === "service" ? base : compoundTarget(base, username);
      const { holds } = lookAt(target, form, username, removed);
      if (holds === "ours" || holds === "foreign") deleteCredential(target);
    }
  });
  return removed.length > 0 ? removed : null;
}

/** Collects secrets; those of work that fails are overwritten. */
function collect(work: (secrets: Uint8Array[]) => void): Uint8Array[] {
  const secrets: Uint8Array[] = [];
  try {
    work(secrets);
    return secrets;
  } catch (error) {
    for (const secret of secrets) secret.fill(0);
    throw error;
  }
}

/**
 * Finds a username. Only where no entry lies at `service` itself are all credentials enumerated to
 * find one at `user@service`.
 */
export function findUsername(service: string): string | null {
  const base = readCredential(service);
  base?.blob.fill(0);
  if (base && markOf(base.comment)?.form !== "user@service") return base.userName;
  return listEntries(service)[0]?.username ?? null;
}

/** Lists the entries, or those of one service, by the names under which they are found. */
export function listEntries(service?: string): EntryInfo[] {
  const stored = enumerateCredentials().filter(({ type }) => type === CRED_TYPE.generic);
  const wanted = service === undefined ? undefined : foldCase(service);
  const atService = new Set(
    stored.filter(({ comment }) => markOf(comment)?.form !== "user@service")
      .map(({ target, userName }) => keyOf(target, userName)),
  );
  return stored.flatMap((credential) => {
    const { target, userName } = credential;
    const name = servicesOf(credential).find((name) =>
      (wanted === undefined || foldCase(name) === wanted) &&
      // A call for that name finds the credential at the service itself.
      (name === target || !atService.has(keyOf(name, userName)))
    );
    return name === undefined ? [] : [infoOf(credential, name)];
  });
}

function keyOf(target: string, userName: string): string {
  return `${foldCase(target)}\0${userName}`;
}

function infoOf(
  { userName, comment, lastWritten, persist }: StoredCredential,
  service: string,
): EntryInfo {
  const info: EntryInfo = { service, username: userName };
  if (lastWritten) info.modified = lastWritten;
  const persistence = persistenceOf(persist);
  if (persistence) info.persistence = persistence;
  if (comment !== "") info.comment = comment;
  return info;
}

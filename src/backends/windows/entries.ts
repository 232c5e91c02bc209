// Entries and the credentials that hold them, as a layout says.
//
// In Python's layout an entry lies at the target `service` when that target is free or already this
// user's, else at `user@service`. The comment of our own says which of the two its target is, so
// that `root@server1` is never taken for the entry of another service. Other programs do not say so:
// theirs are read as Python reads them, by both names.
//
// What another program stored is changed where it lies, and keeps all but its secret.

import type { Entry, Secret } from "../../backend.ts";
import { Failure, quote } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import type { CredentialLayout, Mark, TargetForm } from "../../layouts/layout.ts";
import { sameTarget } from "../../layouts/python.ts";
import { foldCase } from "../../lib/glob.ts";
import {
  deleteCredential,
  enumerateCredentials,
  readCredential,
  replaceSecret,
  writeCredential,
} from "./calls.ts";
import type { AttributeFields, StoredCredential } from "./structs.ts";
import { CRED_TYPE, MAX_BLOB_BYTES, PERSIST } from "./symbols.ts";
import { decodeBlob, encodeLike, encodingOf, persistenceOf, stripNamespace } from "./target.ts";

/** A place where an entry may lie. */
interface Place {
  form: TargetForm;
  target: string;
  found: StoredCredential | undefined;
  /** What lies there: the entry as this library or as another program wrote it, or another one. */
  holds: "nothing" | "ours" | "foreign" | "another";
}

export class Entries {
  readonly #layout: CredentialLayout;
  readonly #persist: number;

  constructor(layout: CredentialLayout, persist: number = PERSIST[layout.persistence]) {
    this.#layout = layout;
    this.#persist = persist;
  }

  /**
   * Finds an entry: first at the first target, then at the second. Another process may just have
   * moved it from the second place to the first, so that it was in neither when that was looked at.
   */
  find(entry: Entry): StoredCredential | undefined {
    const [first, second] = this.#layout.forms;
    const found = this.#readOf(entry, first);
    return found || !second ? found : this.#readOf(entry, second) ?? this.#readOf(entry, first);
  }

  /** The targets at which an entry lies. */
  targetsOf(entry: Entry): string[] {
    return this.#forms().map((form) => this.#readOf(entry, form)).flatMap((found) => {
      found?.blob.fill(0);
      return found ? [found.target] : [];
    });
  }

  /** Writes an entry by one `CredWriteW`, then removes what an earlier write of ours left of it. */
  write(entry: Entry, secret: Secret): Uint8Array[] {
    return collect((replaced) => {
      const [firstForm, secondForm] = this.#layout.forms;
      const first = this.#lookAt(entry, firstForm, replaced);
      const second = secondForm && this.#lookAt(entry, secondForm, replaced);
      const isFree = first.holds === "nothing" && second?.holds !== "foreign";
      const place = isFree || first.holds === "ours" || first.holds === "foreign"
        ? first
        : second ?? first;
      if (place.holds === "foreign") this.#replace(place, secret);
      else this.#create(place, entry, secret);
      // Only now: until here the old value was there, and from here on the new one is found first.
      if (place === first && second?.holds === "ours") deleteCredential(second.target);
    });
  }

  /** Finds out which entries would have no target left once those before them are stored. */
  takenAmong(entries: readonly Entry[]): (Failure | undefined)[] {
    const holders = new Map<string, Entry>();
    return entries.map((entry) => {
      const places = this.#forms().map((form) => {
        const target = this.#targetOf(entry, form);
        const place = foldCase(target);
        return { target, place, holder: holders.get(place) ?? this.#otherAt(entry, form) };
      });
      const free = places.find(({ holder }) => holder === undefined);
      if (free) holders.set(free.place, entry);
      const { target, holder } = places.at(-1) ?? {};
      if (free || target === undefined || !holder) return undefined;
      return isTaken(target, entry, holder);
    });
  }

  /** Removes an entry; returns what it held, or `null` when there is none. */
  remove(entry: Entry): Uint8Array[] | null {
    const removed = collect((removed) => {
      // The second place first: were it left behind, its older password would come back.
      for (const form of this.#forms().toReversed()) {
        const { target, holds } = this.#lookAt(entry, form, removed);
        if (holds === "ours" || holds === "foreign") deleteCredential(target);
      }
    });
    return removed.length > 0 ? removed : null;
  }

  /**
   * Finds a username. Only where no entry lies at `service` itself are all credentials enumerated to
   * find one at another target.
   */
  findUsername(service: string): string | null {
    if (this.#layout.forms[0].isService) {
      const base = readCredential(service);
      base?.blob.fill(0);
      if (base && this.#layout.servicesOf(base).includes(base.target)) return base.userName;
    }
    return this.list(service)[0]?.username ?? null;
  }

  /** Lists the entries, or those of one service, by the names under which they are found. */
  list(service?: string): EntryInfo[] {
    const stored = enumerateCredentials().filter(({ type }) => type === CRED_TYPE.generic);
    const wanted = service === undefined ? undefined : foldCase(service);
    const atService = new Set(
      stored.filter((credential) => this.#isAtService(credential))
        .map(({ target, userName }) => keyOf(target, userName)),
    );
    const entries = stored.flatMap((credential) => {
      const { target, userName } = credential;
      const name = this.#layout.servicesOf(credential).find((name) =>
        (wanted === undefined || foldCase(name) === wanted) &&
        // A call for that name finds the credential at the service itself.
        (name === target || !atService.has(keyOf(name, userName)))
      );
      return name === undefined ? [] : [infoOf(credential, name)];
    });
    const byName = new Map(entries.map((entry) => [keyOf(entry.service, entry.username), entry]));
    return [...byName.values()];
  }

  #isAtService(credential: StoredCredential): boolean {
    const [first] = this.#layout.forms;
    if (!first.isService) return false;
    return this.#layout.servicesOf(credential).includes(credential.target);
  }

  #forms(): TargetForm[] {
    return this.#layout.forms.filter((form) => form !== undefined);
  }

  #readOf(entry: Entry, form: TargetForm): StoredCredential | undefined {
    const found = readCredential(this.#targetOf(entry, form));
    if (found && this.#isOf(entry, form, found)) return found;
    found?.blob.fill(0);
    return undefined;
  }

  #targetOf({ service, username }: Entry, form: TargetForm): string {
    return form.targetOf({ service: stripNamespace(service), username });
  }

  #isOf({ service, username }: Entry, form: TargetForm, found: StoredCredential): boolean {
    if (found.userName !== username) return false;
    const mark = this.#markOf(found);
    if (this.#layout.markOf) return (mark?.form ?? form.name) === form.name;
    const wanted = foldCase(stripNamespace(service));
    return this.#layout.servicesOf(found).some((name) => foldCase(name) === wanted);
  }

  #markOf({ comment }: StoredCredential): Mark | undefined {
    return this.#layout.markOf?.(comment);
  }

  /** Looks at a place of an entry; the secret of the entry itself is added to `own`. */
  #lookAt(entry: Entry, form: TargetForm, own: Uint8Array[] = []): Place {
    const target = this.#targetOf(entry, form);
    const found = readCredential(target);
    if (!found) return { form, target, found, holds: "nothing" };
    if (this.#isOf(entry, form, found)) {
      own.push(found.blob);
      return { form, target, found, holds: this.#markOf(found) ? "ours" : "foreign" };
    }
    found.blob.fill(0);
    return { form, target, found, holds: "another" };
  }

  #create({ form, target, found, holds }: Place, entry: Entry, secret: Secret): void {
    if (found && holds === "another") throw isTaken(target, entry, this.#namesOf(found));
    const { username } = entry;
    const { bytes, kind = "bytes" } = secret;
    const { blob, attributes = this.#layout.attributes ?? [] } =
      this.#layout.secret?.write(bytes) ??
        { blob: bytes };
    checkSize(blob);
    const { markOf, targetAlias } = this.#layout;
    writeCredential({
      target,
      userName: username === "" && markOf ? null : username,
      comment: form.commentOf?.(kind) ?? null,
      persist: this.#persist,
      blob,
      targetAlias,
      attributes: withFlags(attributes),
    });
    if (blob !== bytes) blob.fill(0);
  }

  #replace({ target, found }: Place, secret: Secret): void {
    if (found && this.#layout.secret) return replaceWhole(found, this.#layout.secret, secret.bytes);
    if (this.#layout.encoding === "detected") return replaceForeign(target, found, secret);
    checkSize(secret.bytes);
    replaceSecret(target, secret.bytes);
  }

  /** The names of another entry at a place of this one. */
  #otherAt(entry: Entry, form: TargetForm): Entry | undefined {
    const { found, holds } = this.#lookAt(entry, form);
    found?.blob.fill(0);
    return found && holds === "another" ? this.#namesOf(found) : undefined;
  }

  #namesOf(found: StoredCredential): Entry {
    const [service = found.target] = this.#layout.servicesOf(found);
    return { service, username: found.userName };
  }
}

function isTaken(target: string, { username }: Entry, holder: Entry): Failure {
  const inCase = holder.username !== username && sameTarget(holder.username, username)
    ? ", whose name differs only in case"
    : "";
  return new Failure(
    "other",
    `its target in Windows, ${quote(target)}, is taken by the entry of ` +
      `${quote(holder.username)} for ${quote(holder.service)}${inCase}`,
    { advice: "Delete that entry, or use another username." },
  );
}

function checkSize(blob: Uint8Array): void {
  const [size, limit] = [blob.length, MAX_BLOB_BYTES];
  if (size > limit) throw new Failure("too-large", "", { size, limit });
}

function replaceForeign(
  target: string,
  found: StoredCredential | undefined,
  { bytes, kind, encoding }: Secret,
): void {
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

/** Replaces a secret of which a part lies in the attributes, and keeps the other ones. */
function replaceWhole(
  found: StoredCredential,
  { keywords, write }: NonNullable<CredentialLayout["secret"]>,
  secret: Uint8Array,
): void {
  const { blob, attributes } = write(secret);
  try {
    checkSize(blob);
    const others = found.attributes.filter(({ keyword }) => !keywords.includes(keyword));
    writeCredential({ ...found, blob, attributes: [...others, ...withFlags(attributes)] });
  } finally {
    blob.fill(0);
  }
}

type Attribute = Omit<AttributeFields, "flags">;

function withFlags(attributes: readonly Attribute[]): AttributeFields[] {
  return attributes.map((attribute) => ({ ...attribute, flags: 0 }));
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

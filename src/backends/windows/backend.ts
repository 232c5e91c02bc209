// Windows Credential Manager.
// An entry lies where Python's keyring looks for it: at the target `service` when that target is
// free or already this user's, else at `user@service`. Targets are case-insensitive, at most
// 32766 characters; a secret has at most 2560 bytes; text is UTF-16LE.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure, KeyringError, quote } from "../../errors.ts";
import type { EntryInfo, Keyring, Persistence } from "../../keyring.ts";
import { readVariable } from "../../lib/environment.ts";
import { foldCase } from "../../lib/glob.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import {
  deleteCredential,
  enumerateCredentials,
  readCredential,
  writeCredential,
} from "./calls.ts";
import { exclusively } from "./mutex.ts";
import type { StoredCredential } from "./structs.ts";
import {
  CRED_TYPE,
  MAX_BLOB_BYTES,
  MAX_TARGET_LENGTH,
  MAX_USERNAME_LENGTH,
  PERSIST,
} from "./symbols.ts";
import {
  COMMENT,
  compoundTarget,
  kindOf,
  persistenceOf,
  sameTarget,
  serviceOf,
  stripNamespace,
  TEXT,
} from "./target.ts";

export { probe } from "./libraries.ts";

/** Options of a {@linkcode WindowsKeyring}. */
export interface WindowsKeyringOptions {
  /**
   * How long, and where, Windows keeps the entries that are written.
   *
   * @default {"local"}
   */
  persistence?: Persistence;
}

/**
 * The Credential Manager of the Windows user who runs the process.
 *
 * Needs `--allow-ffi=C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll`. A secret of
 * more than 2560 bytes (text: 1280 UTF-16 code units) is stored in parts, up to 42,000 bytes.
 *
 * @example Store an entry that ends with the logon session
 * ```ts ignore
 * import { WindowsKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new WindowsKeyring({ persistence: "session" });
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class WindowsKeyring extends StoreKeyring {
  /**
   * Makes the keyring; nothing is opened before the first call.
   *
   * @param options How entries are kept.
   */
  constructor(options: WindowsKeyringOptions = {}) {
    const { persistence = "local" } = options;
    if (!Object.hasOwn(PERSIST, persistence)) {
      throw new TypeError(`Unknown persistence "${persistence}"`);
    }
    super(new CredentialManagerBackend(PERSIST[persistence]));
  }
}

class CredentialManagerBackend implements Backend {
  readonly name = "Windows Credential Manager";
  readonly limits = {
    unit: "characters",
    // Room for `user@` in front of the service.
    service: MAX_TARGET_LENGTH - MAX_USERNAME_LENGTH - 1,
    username: MAX_USERNAME_LENGTH,
  } as const;
  readonly maxSecretBytes = MAX_BLOB_BYTES;
  // The whole store is small: an undocumented number of credentials fills it.
  readonly maxLargeSecretBytes = 42_000;
  readonly text = TEXT;
  readonly #persist: number;

  constructor(persist: number) {
    this.#persist = persist;
  }

  // The calls are synchronous; a failure is a rejection all the same.
  read(entry: Entry): Promise<Secret | null> {
    return Promise.try(() => {
      const found = findEntry(entry);
      if (!found) return null;
      const kind = kindOf(found.comment);
      return kind ? { bytes: found.blob, kind } : { bytes: found.blob };
    });
  }

  async write(entry: Entry, secret: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const [size, limit] = [secret.bytes.length, MAX_BLOB_BYTES];
    if (size > limit) throw new Failure("too-large", "", { size, limit });
    return await exclusively(signal, () => writeEntry(entry, secret, this.#persist));
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return await exclusively(signal, () => removeEntry(entry));
  }

  list(service: string | undefined): Promise<EntryInfo[]> {
    return Promise.try(() => {
      const entries = enumerateGeneric().map(infoOf);
      if (service === undefined) return entries;
      const target = stripNamespace(service);
      return entries.filter((entry) => sameTarget(entry.service, target));
    });
  }

  findUsername(service: string): Promise<string | null> {
    return Promise.try(() => findUsername(stripNamespace(service)));
  }

  has(entry: Entry): Promise<boolean> {
    return Promise.try(() => {
      const found = findEntry(entry);
      found?.blob.fill(0);
      return found !== undefined;
    });
  }

  keyOf({ service, username }: Entry): string {
    return JSON.stringify([foldCase(stripNamespace(service)), username]);
  }
}

/**
 * Finds an entry: first at `service`, then at `user@service`. Another process may just have moved
 * it from the second place to the first, so that it was in neither when that was looked at.
 */
function findEntry({ service, username }: Entry): StoredCredential | undefined {
  const base = stripNamespace(service);
  return readOf(username, base) ?? readOf(username, compoundTarget(base, username)) ??
    readOf(username, base);
}

function readOf(username: string, target: string): StoredCredential | undefined {
  const found = readCredential(target);
  if (found?.userName === username) return found;
  found?.blob.fill(0);
  return undefined;
}

/** Writes an entry by one `CredWriteW`, then removes what an earlier layout left of it. */
function writeEntry({ service, username }: Entry, secret: Secret, persist: number): Uint8Array[] {
  const base = stripNamespace(service);
  const compound = compoundTarget(base, username);
  const { bytes: blob, kind = "bytes" } = secret;
  const userName = username === "" ? null : username;
  const fields = { userName, comment: COMMENT[kind], persist, blob };
  return collect((replaced) => {
    const atBase = holderOf(base, username, replaced);
    const atCompound = holderOf(compound, username, replaced);
    if (atBase === undefined || atBase === username) {
      writeCredential({ ...fields, target: base });
      // Only now: until here the old value was there, and from here on the new one is found first.
      if (atCompound === username) deleteCredential(compound);
    } else if (atCompound === undefined || atCompound === username) {
      writeCredential({ ...fields, target: compound });
    } else {
      throw new Failure(
        "other",
        "Windows does not distinguish its name from that of another entry, which differs only in case",
        { advice: "Delete the other entry, or use its spelling of the username." },
      );
    }
  });
}

function removeEntry({ service, username }: Entry): Uint8Array[] | null {
  const base = stripNamespace(service);
  const removed = collect((removed) => {
    // The second place first: were it left behind, its older password would come back.
    for (const target of [compoundTarget(base, username), base]) {
      if (holderOf(target, username, removed) === username) deleteCredential(target);
    }
  });
  return removed.length > 0 ? removed : null;
}

/** Finds out whose a credential is; the secret of one that is this user's is added to `own`. */
function holderOf(target: string, username: string, own: Uint8Array[]): string | undefined {
  const found = readCredential(target);
  if (found?.userName === username) own.push(found.blob);
  else found?.blob.fill(0);
  return found?.userName;
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
function findUsername(service: string): string | null {
  const base = readCredential(service);
  base?.blob.fill(0);
  const found = base ??
    enumerateGeneric().find(({ target, userName }) =>
      sameTarget(target, compoundTarget(service, userName))
    );
  return found?.userName ?? null;
}

function enumerateGeneric(): StoredCredential[] {
  return enumerateCredentials().filter(({ type }) => type === CRED_TYPE.generic);
}

function infoOf({ target, userName, comment, lastWritten, persist }: StoredCredential): EntryInfo {
  const info: EntryInfo = { service: serviceOf(target, userName), username: userName };
  if (lastWritten) info.modified = lastWritten;
  const persistence = persistenceOf(persist);
  if (persistence) info.persistence = persistence;
  if (comment !== "") info.comment = comment;
  return info;
}

const PERSISTENCE_WORDS = new Map<string, Persistence>([
  ["session", "session"],
  ["local", "local"],
  ["local machine", "local"],
  ["enterprise", "enterprise"],
  ["1", "session"],
  ["2", "local"],
  ["3", "enterprise"],
]);

/** Opens the keyring with `KEYRING_PROPERTY_PERSIST`, in Python's words or ours. */
export function open(): Keyring {
  const value = readVariable("KEYRING_PROPERTY_PERSIST");
  if (value === undefined) return new WindowsKeyring();
  const persistence = PERSISTENCE_WORDS.get(value.toLowerCase());
  if (persistence) return new WindowsKeyring({ persistence });
  throw new KeyringError(`KEYRING_PROPERTY_PERSIST is ${quote(value)}`, {
    operation: "open",
    advice: "Set it to session, local machine or enterprise.",
  });
}

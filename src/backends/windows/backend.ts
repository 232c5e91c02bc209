// Windows Credential Manager. Targets are case-insensitive; a secret has at most 2560 bytes; text is
// UTF-16LE.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { KeyringError, quote } from "../../errors.ts";
import type { EntryInfo, Keyring, Persistence } from "../../keyring.ts";
import { readVariable } from "../../lib/environment.ts";
import { foldCase } from "../../lib/glob.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { findEntry, findUsername, listEntries, removeEntry, writeEntry } from "./entries.ts";
import { exclusively } from "./mutex.ts";
import {
  MAX_BLOB_BYTES,
  MAX_ENTRY_TARGET_LENGTH,
  MAX_USERNAME_LENGTH,
  PERSIST,
} from "./symbols.ts";
import { encodingOf, markOf, stripNamespace, TEXT } from "./target.ts";

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
    service: MAX_ENTRY_TARGET_LENGTH - MAX_USERNAME_LENGTH - 1,
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
      const { blob: bytes, comment } = found;
      const kind = markOf(comment)?.kind;
      if (kind) return { bytes, kind };
      const encoding = encodingOf(comment);
      return encoding ? { bytes, encoding } : { bytes };
    });
  }

  async write(entry: Entry, secret: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    return await exclusively(signal, () => writeEntry(entry, secret, this.#persist));
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return await exclusively(signal, () => removeEntry(entry));
  }

  list(service: string | undefined): Promise<EntryInfo[]> {
    return Promise.try(() => listEntries(service && stripNamespace(service)));
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

// Windows Credential Manager.
// An entry lives where Python's keyring looks for it: at the target `service` when that target is
// free or already this user's, else at `user@service`. Targets are case-insensitive, at most
// 32766 characters; a secret has at most 2560 bytes; text is UTF-16LE.

import {
  checkNames,
  checkPassword,
  copySecret,
  type EntryDetails,
  type NameLimits,
  noSuchEntry,
} from "../../entry.ts";
import { KeyringError, operationError, SecretTooLargeError } from "../../errors.ts";
import type { KeyringErrorDetails } from "../../errors.ts";
import { compareEntries } from "../../keyring.ts";
import type {
  CallOptions,
  Credential,
  EntryInfo,
  Keyring,
  ListOptions,
  Persistence,
} from "../../keyring.ts";
import { MAX_BLOB_BYTES, MAX_TARGET_LENGTH, MAX_USERNAME_LENGTH, PERSIST } from "./structs.ts";
import { listenerOf, tellsReplaced } from "../../replaced.ts";
import { enumerateCredentials } from "./calls.ts";
import { exclusively } from "./mutex.ts";
import { decodeBlob, encodeBlob } from "./blob_text.ts";
import {
  deleteEntry,
  findAnyEntry,
  findEntry,
  type FoundEntry,
  infoOf,
  writeEntry,
} from "./entries.ts";
import { COMMENT, encodingOf, sameTarget, stripNamespace } from "./target.ts";
import { translateError } from "./errors.ts";

const LIMITS: NameLimits = {
  unit: "characters",
  // Room for `user@` in front of the service.
  service: MAX_TARGET_LENGTH - MAX_USERNAME_LENGTH - 1,
  username: MAX_USERNAME_LENGTH,
};

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
 * Needs `--allow-ffi=C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll`.
 *
 * @example Store an entry that ends with the logon session
 * ```ts ignore
 * import { WindowsKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new WindowsKeyring({ persistence: "session" });
 * await keyring.setPassword("my_app", "alice", "made-up");
 * ```
 */
export class WindowsKeyring implements Keyring {
  /** The store's name. */
  readonly name = "Windows Credential Manager";
  /** The most bytes of a secret. */
  readonly maxSecretBytes: number = MAX_BLOB_BYTES;
  #persist: number;

  /**
   * Makes the keyring; nothing is opened before the first call.
   *
   * @param options How entries are kept.
   */
  constructor(options: WindowsKeyringOptions = {}) {
    const persist = PERSIST[options.persistence ?? "local"];
    if (persist === undefined) {
      throw new TypeError(`Unknown persistence "${options.persistence}"`);
    }
    this.#persist = persist;
    tellsReplaced(this);
  }

  /** Reads a password; see `Keyring.getPassword`. */
  async getPassword(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<string | null> {
    const details = { operation: "get", service, username } as const;
    return await call(details, options, () => {
      const found = findEntry(stripNamespace(service), username);
      return found ? decodeText(found, details) : null;
    });
  }

  /** Stores a password as UTF-16LE; see `Keyring.setPassword`. */
  async setPassword(
    service: string,
    username: string,
    password: string,
    options?: CallOptions,
  ): Promise<void> {
    const details = { operation: "set", service, username } as const;
    checkPassword(password, details);
    await this.#write(details, encodeBlob(password), COMMENT.text, options);
  }

  /** Deletes an entry; see `Keyring.deletePassword`. */
  async deletePassword(service: string, username: string, options?: CallOptions): Promise<void> {
    await change({ operation: "delete", service, username }, options, () => {
      const deleted = deleteEntry(stripNamespace(service), username, listenerOf(options));
      if (!deleted) throw noSuchEntry(service, username);
    });
  }

  /** Reads a username with its password; see `Keyring.getCredential`. */
  async getCredential(
    service: string,
    username?: string | null,
    options?: CallOptions,
  ): Promise<Credential | null> {
    const details = { operation: "get", service, username: username ?? undefined } as const;
    return await call(details, options, () => {
      const base = stripNamespace(service);
      const found = username === undefined || username === null
        ? findAnyEntry(base)
        : findEntry(base, username);
      return found ? { username: found.userName, password: decodeText(found, details) } : null;
    });
  }

  /** Reads the blob of an entry; see `Keyring.getSecret`. */
  async getSecret(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<Uint8Array | null> {
    return await call(
      { operation: "get", service, username },
      options,
      () => findEntry(stripNamespace(service), username)?.blob ?? null,
    );
  }

  /** Stores bytes as they are; see `Keyring.setSecret`. */
  async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void> {
    const details = { operation: "set", service, username } as const;
    await this.#write(details, copySecret(secret), COMMENT.bytes, options);
  }

  /** Lists the generic credentials; see `Keyring.list`. */
  async list(options: ListOptions = {}): Promise<EntryInfo[]> {
    const { service } = options;
    return await call({ operation: "list", service }, options, () => {
      const entries = enumerateCredentials().map(infoOf);
      const wanted = service === undefined
        ? entries
        : entries.filter((entry) => sameTarget(entry.service, stripNamespace(service)));
      return wanted.sort(compareEntries);
    });
  }

  async #write(
    details: EntryDetails,
    blob: Uint8Array,
    comment: string,
    options: CallOptions | undefined,
  ): Promise<void> {
    try {
      await change(details, options, () => {
        if (blob.length > MAX_BLOB_BYTES) {
          throw new SecretTooLargeError(blob.length, MAX_BLOB_BYTES, details);
        }
        writeEntry(details, { blob, comment, persist: this.#persist }, listenerOf(options));
      });
    } finally {
      blob.fill(0);
    }
  }
}

// The calls are synchronous; async, so that a refusal is a rejection as it is for every store.
async function call<T>(
  details: KeyringErrorDetails,
  options: CallOptions | undefined,
  work: () => T | Promise<T>,
): Promise<T> {
  await Promise.resolve();
  options?.signal?.throwIfAborted();
  checkNames(details, LIMITS);
  try {
    return await work();
  } catch (error) {
    throw error instanceof KeyringError ? error : translateError(error, details);
  }
}

/** A call that may take a place that another process finds free, too. */
async function change<T>(
  details: KeyringErrorDetails,
  options: CallOptions | undefined,
  work: () => T,
): Promise<T> {
  return await call(details, options, () => exclusively(options?.signal, work));
}

function decodeText(found: FoundEntry, details: KeyringErrorDetails): string {
  try {
    const text = decodeBlob(found.blob, encodingOf(found.comment));
    if (text !== undefined) return text;
  } finally {
    found.blob.fill(0);
  }
  const advice = "Read it with getSecret.";
  throw operationError("the entry holds bytes that are not text", { ...details, advice });
}

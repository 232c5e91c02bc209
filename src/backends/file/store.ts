/**
 * One vault: opened, changed and written as a whole.
 *
 * @module
 */

import {
  binaryForm,
  decrypt,
  encryptFor,
  encryptWith,
  isRecipient,
  keyKind,
  type VaultKey,
} from "./age.ts";
import { formatDocument, parseDocument, type VaultDocument } from "./document.ts";
import { VaultError } from "./file_error.ts";
import {
  createVault,
  makeFolder,
  readVault,
  realPathOf,
  replaceVault,
  writeFlag,
} from "./files.ts";
import { findKey, findNewKey, type KeySources, ownRecipients } from "./key.ts";
import type { VaultLocation } from "./location.ts";
import { withLock } from "./lock.ts";
import { Memory } from "./memory.ts";

/** How a vault is used. */
export interface StoreOptions extends KeySources {
  /** How long key and content stay in memory, in milliseconds. */
  cacheMs: number;
  /** How long to wait for other writers, in milliseconds. */
  timeoutMs: number;
  /** scrypt's work factor for a passphrase, as a power of two. */
  workFactor: number;
}

/** What is done to a vault under its lock, with the key that it is then encrypted with. */
export type Change<T> = (document: VaultDocument, key: VaultKey) => T | Promise<T>;

interface Opened {
  document: VaultDocument;
  key: VaultKey;
}

/** One vault. */
export class VaultStore {
  readonly #options: StoreOptions;
  readonly #memory: Memory;

  /**
   * @param location Where it is.
   * @param options How it is used.
   */
  constructor(readonly location: VaultLocation, options: StoreOptions) {
    this.#options = options;
    this.#memory = new Memory(options.cacheMs);
  }

  /** Forgets what it keeps in memory. */
  forget(): void {
    this.#memory.forget();
  }

  /**
   * Opens the vault and reads it.
   *
   * @param signal Aborting it ends the work before its next step.
   * @returns What it holds.
   */
  async read(signal: AbortSignal | undefined): Promise<VaultDocument> {
    const file = await this.#file();
    const known = this.#memory.plaintextOf(file);
    if (known) return parseDocument(known);
    const key = await this.#key(file);
    signal?.throwIfAborted();
    return (await this.#open(file, key)).document;
  }

  /**
   * Changes the vault, as the only writer. When the change throws, nothing is written.
   *
   * @param change The change.
   * @param signal Aborting it before the new vault is in place leaves the old one.
   * @returns What the change returns.
   */
  async update<T>(change: Change<T>, signal: AbortSignal | undefined): Promise<T> {
    // Before the lock, which must not wait for a person.
    const found = await this.#key(await this.#file());
    return await this.#locked(signal, async (path) => {
      const { document, key } = await this.#open(await this.#file(), found);
      const result = await change(document, key);
      const file = await this.#encrypt(document, key);
      signal?.throwIfAborted();
      await replaceVault(path, file);
      return result;
    });
  }

  /**
   * Encrypts the vault anew, and its backup with it: a key that was taken away opens neither.
   *
   * @param prepare Makes the change of the recipients, which gives the key to encrypt with; it
   *   may ask a person.
   * @param signal Aborting it before the new vault is in place leaves the old one.
   */
  async rekey(
    prepare: (key: VaultKey) => Change<VaultKey> | Promise<Change<VaultKey>>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const found = await this.#key(await this.#file());
    const change = await prepare(found);
    await this.#locked(signal, async (path) => {
      const { document, key } = await this.#open(await this.#file(), found);
      const newKey = await change(document, key);
      const file = await this.#encrypt(document, newKey);
      signal?.throwIfAborted();
      await replaceVault(path, file);
      await replaceVault(path, file);
    });
  }

  /**
   * Creates the vault, empty. An identity file that is configured and missing is created first.
   *
   * @param recipients Who shall be able to open it, beside the own identity.
   * @param signal Aborting it before the vault is in place leaves none.
   * @returns Whom it is encrypted for; nobody when it has a passphrase.
   */
  async create(
    recipients: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<string[]> {
    const { path } = this.location;
    await checkRecipients(recipients);
    await makeFolder(this.location);
    const key = await findNewKey(path, this.#options);
    refuseRecipients(key, recipients);
    return await this.#locked(signal, async () => {
      const document = { recipients: [...recipients], entries: [] };
      await createVault(path, await this.#encrypt(document, key));
      return document.recipients;
    });
  }

  async #file(): Promise<Uint8Array> {
    const file = await binaryForm(await readVault(this.location));
    if (file) return file;
    throw new VaultError("damaged", `the file "${this.location.path}" is not encrypted with age`, {
      advice: "It is left as it is. Move it away, or set KEYRING_VAULT to another path.",
    });
  }

  async #key(file: Uint8Array): Promise<VaultKey> {
    const kind = keyKind(file);
    const known = this.#memory.key;
    if (known?.kind === kind) return known;
    return await findKey(kind, this.location.path, this.#options);
  }

  async #open(file: Uint8Array, found: VaultKey): Promise<Opened> {
    let key = found;
    let plaintext = await this.#decrypt(file, key);
    if (!plaintext && this.#memory.key === key) {
      // Another process changed the passphrase since.
      this.#memory.forget();
      key = await this.#key(file);
      plaintext = await this.#decrypt(file, key);
    }
    if (!plaintext) throw this.#wrongKey(key);
    try {
      const document = parseDocument(plaintext);
      this.#memory.keep(file, plaintext, key);
      return { document, key };
    } catch (error) {
      throw error instanceof VaultError ? this.#unusable(error) : error;
    } finally {
      plaintext.fill(0);
    }
  }

  async #decrypt(file: Uint8Array, key: VaultKey): Promise<Uint8Array | null> {
    try {
      return await decrypt(file, key);
    } catch (error) {
      const isDamage = error instanceof VaultError && error.failure === "damaged";
      throw isDamage ? this.#unusable(error) : error;
    }
  }

  #wrongKey({ kind }: VaultKey): VaultError {
    const what = kind === "passphrase" ? "the passphrase does not" : "none of the identities does";
    return new VaultError("locked", `${what} open the vault "${this.location.path}"`);
  }

  #unusable({ failure, message, advice }: VaultError): VaultError {
    const { path } = this.location;
    return new VaultError(failure, `the vault "${path}" cannot be used: ${message}`, {
      advice: advice ??
        `It is left as it is; what it was before its last change is in "${path}.bak".`,
    });
  }

  async #encrypt(document: VaultDocument, key: VaultKey): Promise<Uint8Array> {
    // Who has the passphrase of a vault is not told apart, so that it names nobody.
    document.recipients = key.kind === "passphrase"
      ? []
      : [...new Set([...await ownRecipients(key), ...document.recipients])];
    const plaintext = formatDocument(document);
    try {
      const file = key.kind === "passphrase"
        ? await encryptWith(plaintext, key.passphrase, this.#options.workFactor)
        : await encryptFor(plaintext, document.recipients);
      this.#memory.keep(file, plaintext, key);
      return file;
    } finally {
      plaintext.fill(0);
    }
  }

  async #locked<T>(
    signal: AbortSignal | undefined,
    action: (path: string) => Promise<T>,
  ): Promise<T> {
    const path = await realPathOf(this.location.path);
    const options = { timeoutMs: this.#options.timeoutMs, signal };
    return await withLock(`${path}.lock`, writeFlag(path), options, () => action(path));
  }
}

/**
 * Refuses what nothing can be encrypted for.
 *
 * @param recipients The recipients.
 */
export async function checkRecipients(recipients: readonly string[]): Promise<void> {
  for (const recipient of recipients) {
    if (await isRecipient(recipient)) continue;
    throw new VaultError("other", `${JSON.stringify(recipient)} is not a recipient`, {
      advice: "It is the line age1… that age-keygen and keyring vault init print.",
    });
  }
}

/**
 * Refuses recipients beside a passphrase, which age does not allow.
 *
 * @param key The key of the vault.
 * @param recipients The recipients.
 */
export function refuseRecipients(key: VaultKey, recipients: readonly string[]): void {
  if (key.kind === "identity" || recipients.length === 0) return;
  throw new VaultError("other", "a vault has either a passphrase or recipients", {
    advice: "Use an identity of your own to share it: keyring vault init --identity FILE.",
  });
}

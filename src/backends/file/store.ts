import {
  binaryForm,
  decrypt,
  encryptFor,
  encryptWith,
  type FileKey,
  isRecipient,
  keyKind,
} from "./age.ts";
import { type FileDocument, formatDocument, parseDocument } from "./document.ts";
import { FileError } from "./file_error.ts";
import {
  createFile,
  makeFolder,
  readEncryptedFile,
  realPathOf,
  replaceFile,
  writeFlag,
} from "./files.ts";
import { findKey, findNewKey, type KeySources, ownRecipients } from "./key.ts";
import type { FileLocation } from "./location.ts";
import { withLock } from "./lock.ts";
import { Memory } from "./memory.ts";

export interface StoreOptions extends KeySources {
  /** How long key and content stay in memory, in milliseconds. */
  cacheMs: number;
  /** How long to wait for other writers, in milliseconds. */
  timeoutMs: number;
  workFactor: number;
}

export type Change<T> = (document: FileDocument, key: FileKey) => T | Promise<T>;

interface Opened {
  document: FileDocument;
  key: FileKey;
}

export class FileStore {
  readonly #options: StoreOptions;
  readonly #memory: Memory;

  constructor(readonly location: FileLocation, options: StoreOptions) {
    this.#options = options;
    this.#memory = new Memory(options.cacheMs);
  }

  forget(): void {
    this.#memory.forget();
  }

  async read(signal: AbortSignal | undefined): Promise<FileDocument> {
    const file = await this.#file();
    const known = this.#memory.plaintextOf(file);
    if (known) return parseDocument(known);
    const key = await this.#key(file);
    signal?.throwIfAborted();
    return (await this.#open(file, key)).document;
  }

  /** Changes the encrypted file, as the only writer. When the change throws, nothing is written. */
  async update<T>(change: Change<T>, signal: AbortSignal | undefined): Promise<T> {
    // Before the lock, which must not wait for a person.
    const found = await this.#key(await this.#file());
    return await this.#locked(signal, async (path) => {
      const { document, key } = await this.#open(await this.#file(), found);
      const result = await change(document, key);
      const file = await this.#encrypt(document, key);
      signal?.throwIfAborted();
      await replaceFile(path, file);
      return result;
    });
  }

  async rekey(
    prepare: (key: FileKey) => Change<FileKey> | Promise<Change<FileKey>>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const found = await this.#key(await this.#file());
    const change = await prepare(found);
    await this.#locked(signal, async (path) => {
      const { document, key } = await this.#open(await this.#file(), found);
      const newKey = await change(document, key);
      const file = await this.#encrypt(document, newKey);
      signal?.throwIfAborted();
      await replaceFile(path, file);
      await replaceFile(path, file);
    });
  }

  /**
   * Creates the encrypted file, empty. An identity file that is configured and missing is created
   * first.
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
      await createFile(path, await this.#encrypt(document, key));
      return document.recipients;
    });
  }

  async #file(): Promise<Uint8Array> {
    const file = await binaryForm(await readEncryptedFile(this.location));
    if (file) return file;
    throw new FileError("damaged", `the file "${this.location.path}" is not encrypted with age`, {
      advice: "It is left as it is. Move it away, or set KEYRING_FILE to another path.",
    });
  }

  async #key(file: Uint8Array): Promise<FileKey> {
    const kind = keyKind(file);
    const known = this.#memory.key;
    if (known?.kind === kind) return known;
    return await findKey(kind, this.location.path, this.#options);
  }

  async #open(file: Uint8Array, found: FileKey): Promise<Opened> {
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
      throw error instanceof FileError ? this.#unusable(error) : error;
    } finally {
      plaintext.fill(0);
    }
  }

  async #decrypt(file: Uint8Array, key: FileKey): Promise<Uint8Array | null> {
    try {
      return await decrypt(file, key);
    } catch (error) {
      const isDamage = error instanceof FileError && error.failure === "damaged";
      throw isDamage ? this.#unusable(error) : error;
    }
  }

  #wrongKey({ kind }: FileKey): FileError {
    const what = kind === "passphrase" ? "the passphrase does not" : "none of the identities does";
    return new FileError("locked", `${what} open the encrypted file "${this.location.path}"`);
  }

  #unusable({ failure, message, advice }: FileError): FileError {
    const { path } = this.location;
    return new FileError(failure, `the encrypted file "${path}" cannot be used: ${message}`, {
      advice: advice ??
        `It is left as it is; what it was before its last change is in "${path}.bak".`,
    });
  }

  async #encrypt(document: FileDocument, key: FileKey): Promise<Uint8Array> {
    // Who has the passphrase of an encrypted file is not told apart, so that it names nobody.
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

export async function checkRecipients(recipients: readonly string[]): Promise<void> {
  for (const recipient of recipients) {
    if (await isRecipient(recipient)) continue;
    throw new FileError("other", `${JSON.stringify(recipient)} is not a recipient`, {
      advice: "It is the line age1… that age-keygen and keyring file init print.",
    });
  }
}

/** Refuses recipients beside a passphrase, which age does not allow. */
export function refuseRecipients(key: FileKey, recipients: readonly string[]): void {
  if (key.kind === "identity" || recipients.length === 0) return;
  throw new FileError("other", "an encrypted file has either a passphrase or recipients", {
    advice: "Use an identity of your own to share it: keyring file init --identity FILE.",
  });
}

import { Failure } from "../../errors.ts";
import { binaryForm, decrypt, encrypt, type FileKey, keyKind, LEAST_WORK_FACTOR } from "./age.ts";
import { type FileDocument, formatDocument, parseDocument } from "./document.ts";
import { readEncryptedFile } from "./files.ts";
import {
  type AskPassphrase,
  deniedKeyVariables,
  findKey,
  findNewKey,
  missingFlags,
} from "./key.ts";
import { type FileLocation, fileLocation } from "./location.ts";
import { withLock } from "./lock.ts";
import {
  changeAccepted,
  checkRecipients,
  ownRecipients,
  recipientsCommand,
  refuseRecipients,
  refuseUnaccepted,
} from "./recipients.ts";
import { createFile, makeFolder, replaceFile } from "./write.ts";

/** How an {@linkcode EncryptedFileKeyring} finds and opens its file. */
export interface EncryptedFileOptions {
  /**
   * The path of the encrypted file.
   *
   * @default {KEYRING_FILE, else "os-keyring/keyring.age" in the user's data folder}
   */
  path?: string;
  /**
   * The path of the age identity file that opens it. The file is written only for its recipients
   * and for those in the list beside it, which has the same path followed by `.recipients`.
   *
   * @default {KEYRING_FILE_IDENTITY}
   */
  identityFile?: string;
  /**
   * The passphrase that opens it, or a function that asks for it when neither an option nor the
   * environment has a key.
   *
   * @default {the content of KEYRING_FILE_PASSPHRASE_FILE, else KEYRING_FILE_PASSPHRASE}
   */
  passphrase?: string | AskPassphrase;
  /**
   * How many seconds the key and the decrypted file stay in memory after a call, in which a call
   * costs next to nothing. At 0, every call opens the file; `batch` opens it once for many calls.
   *
   * @default {0}
   */
  cacheSeconds?: number;
  /**
   * How long a write waits for those of other processes, in milliseconds.
   *
   * @default {60000}
   */
  timeoutMs?: number;
  /**
   * How much work each guess of a passphrase takes, as a power of two: age's 18, which takes about a
   * second, to 20.
   *
   * @default {18}
   */
  workFactor?: number;
}

/** What the file held when it was read. */
export interface Opened {
  file: Uint8Array;
  document: FileDocument;
  key: FileKey;
}

export interface ChangeOptions {
  signal?: AbortSignal | undefined;
  /** The key from now on, of the backup as well: the old one opens neither. */
  newKey?: FileKey;
  /** The recipients to accept from now on. */
  accept?: readonly string[];
}

const TIMEOUT_MS = 60_000;

export class EncryptedFile {
  readonly #options: EncryptedFileOptions;
  readonly #cache: Cache;
  #location: FileLocation | undefined;

  constructor(options: EncryptedFileOptions) {
    this.#options = options;
    this.#cache = new Cache((options.cacheSeconds ?? 0) * 1000);
  }

  get location(): FileLocation {
    const { path } = this.#options;
    this.#location ??= path === undefined
      ? fileLocation(Deno.build.os, deniedKeyVariables(this.#options))
      : { path, own: false };
    return this.#location;
  }

  forget(): void {
    this.#cache.forget();
  }

  /** Asks for the passphrase if nothing else has it: never under the lock. */
  async open(signal: AbortSignal | undefined, isWrite = false): Promise<Opened> {
    const file = await this.#read(this.location, isWrite);
    const known = this.#cache.kept;
    if (known && isSame(known.file, file)) {
      return { file, key: known.key, document: parseDocument(known.plaintext) };
    }
    if (known?.key.kind === keyKind(file)) {
      const opened = await this.#decrypt(file, known.key);
      if (opened) return opened;
      // Another process has changed the passphrase since.
      this.forget();
    }
    const key = await findKey(keyKind(file), this.location.path, this.#options);
    signal?.throwIfAborted();
    return await this.#openWith(file, key);
  }

  /**
   * Changes what the file holds by now: another process may have changed it since it was opened.
   * When the change throws, nothing is written.
   */
  async change(
    opened: Opened,
    change: (document: FileDocument) => void | Promise<void>,
    { signal, newKey, accept = [] }: ChangeOptions,
  ): Promise<void> {
    await this.#locked(signal, async (path) => {
      // Not through the link again, which may lead elsewhere by now.
      const file = await this.#read({ path, own: false }, true);
      const { document, key } = isSame(file, opened.file)
        ? opened
        : await this.#openWith(file, opened.key);
      await change(document);
      await this.#save(document, newKey ?? key, accept, async (bytes) => {
        signal?.throwIfAborted();
        await replaceFile(path, bytes);
        if (newKey) await replaceFile(path, bytes);
      });
    });
  }

  /** Creates the identity file, too, where one is configured and missing. */
  async create(recipients: readonly string[], signal: AbortSignal | undefined): Promise<string[]> {
    const { path } = this.location;
    await checkRecipients(recipients);
    await makeFolder(this.location);
    const key = await findNewKey(path, this.#options);
    refuseRecipients(key, recipients);
    const document = { recipients: [...recipients], entries: new Map() };
    await this.#locked(signal, async () => {
      await this.#save(document, key, recipients, (bytes) => createFile(path, bytes));
    });
    return document.recipients;
  }

  async #locked(
    signal: AbortSignal | undefined,
    action: (path: string) => Promise<void>,
  ): Promise<void> {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    await withLock(this.location.path, { timeoutMs, signal }, action);
  }

  async #read(location: FileLocation, isWrite: boolean): Promise<Uint8Array> {
    const flags = missingFlags(location.path, this.#options, isWrite);
    const file = await binaryForm(await readEncryptedFile(location, flags));
    if (file) return file;
    throw new Failure("corrupt", `the file "${this.location.path}" is not encrypted with age`, {
      advice: "It was left as it is. Move it away, or set KEYRING_FILE to another path.",
    });
  }

  async #openWith(file: Uint8Array, key: FileKey): Promise<Opened> {
    const opened = await this.#decrypt(file, key);
    if (opened) return opened;
    const what = key.kind === "passphrase"
      ? "the passphrase does not open"
      : "none of the identities opens";
    throw new Failure("locked", `${what} the encrypted file "${this.location.path}"`);
  }

  async #decrypt(file: Uint8Array, key: FileKey): Promise<Opened | null> {
    let plaintext: Uint8Array | null = null;
    try {
      plaintext = await decrypt(file, key);
      if (!plaintext) return null;
      const document = parseDocument(plaintext);
      this.#cache.keep({ file, plaintext, key });
      return { file, document, key };
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "corrupt") throw error;
      const { path } = this.location;
      const {
        advice = `It was left as it is; "${path}.bak" holds what it was before its last change.`,
      } = error.details;
      const reason = `the encrypted file "${path}" cannot be used: ${error.message}`;
      throw new Failure("corrupt", reason, { advice });
    } finally {
      plaintext?.fill(0);
    }
  }

  async #save(
    document: FileDocument,
    key: FileKey,
    accept: readonly string[],
    write: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    // age does not list who knows a passphrase.
    document.recipients = key.kind === "passphrase"
      ? []
      : [...new Set([...await ownRecipients(key), ...document.recipients])];
    const command = recipientsCommand(this.#options);
    await refuseUnaccepted(document.recipients, key, { accept, command });
    const plaintext = formatDocument(document);
    try {
      const { workFactor = LEAST_WORK_FACTOR } = this.#options;
      const to = key.kind === "passphrase" ? { ...key, workFactor } : document.recipients;
      const file = await encrypt(plaintext, to);
      await changeAccepted(key, { add: accept });
      await write(file);
      this.#cache.keep({ file, plaintext, key });
    } finally {
      plaintext.fill(0);
    }
  }
}

interface Kept {
  file: Uint8Array;
  plaintext: Uint8Array;
  key: FileKey;
}

class Cache {
  kept: Kept | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ms: number) {}

  keep({ file, plaintext, key }: Kept): void {
    this.forget();
    if (this.ms <= 0) return;
    this.kept = { file, plaintext: plaintext.slice(), key };
    this.#timer = setTimeout(() => this.forget(), this.ms);
    // It does not keep the process alive.
    Deno.unrefTimer(this.#timer);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.kept?.plaintext.fill(0);
    this.kept = undefined;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

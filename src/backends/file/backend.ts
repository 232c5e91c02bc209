import {
  checkNames,
  copySecret,
  decodePassword,
  type NameLimits,
  noSuchEntry,
} from "../../entry.ts";
import {
  type KeyringErrorDetails,
  KeyringPermissionError,
  SecretTooLargeError,
} from "../../errors.ts";
import {
  type CallOptions,
  compareEntries,
  type Credential,
  type EntryInfo,
  type ListOptions,
} from "../../keyring.ts";
import { Utf8Keyring } from "../../utf8_keyring.ts";
import { type FileKey, GREATEST_WORK_FACTOR, LEAST_WORK_FACTOR } from "./age.ts";
import { type FileDocument, findEntry, LARGEST_FILE, makeEntry, secretOf } from "./document.ts";
import { FileError } from "./file_error.ts";
import { type AskPassphrase, checkPassphrase, ownRecipients } from "./key.ts";
import { fileLocation } from "./location.ts";
import { checkRecipients, FileStore, refuseRecipients } from "./store.ts";
import { translated } from "./errors.ts";

const LIMITS: NameLimits = { unit: "bytes", service: 131_071, username: 131_071 };
const TIMEOUT_MS = 60_000;

/** How a {@linkcode EncryptedFileKeyring} finds and opens its encrypted file. */
export interface EncryptedFileOptions {
  /**
   * The encrypted file's path.
   *
   * @default {KEYRING_FILE, else "os-keyring/keyring.age" in the user's data folder}
   */
  path?: string;
  /**
   * The path of the age identity file that opens it.
   *
   * @default {KEYRING_FILE_IDENTITY}
   */
  identityFile?: string;
  /**
   * The passphrase that opens it, or a function that asks for it when neither an option nor the
   * environment has the key.
   *
   * @default {the content of KEYRING_FILE_PASSPHRASE_FILE, else KEYRING_FILE_PASSPHRASE}
   */
  passphrase?: string | AskPassphrase;
  /**
   * How many seconds the key and what was decrypted stay in memory after a call. In this time a
   * call costs next to nothing; at 0, every call opens the encrypted file.
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
   * How much work guessing a passphrase makes, as a power of two: age's 18, which takes about a
   * second, to 20.
   *
   * @default {18}
   */
  workFactor?: number;
}

/**
 * A keyring in one file, encrypted in the format of [age](https://age-encryption.org), for machines
 * without a keyring: containers, CI, servers, WSL. The command `age` opens it, too.
 *
 * Each call opens the encrypted file anew, unless `cacheSeconds` is set. A write replaces the whole file:
 * whatever happens, the old encrypted file or the new one is there. Many processes may write at a time.
 *
 * @example Keep passwords in an encrypted file of your own
 * ```ts
 * import { EncryptedFileKeyring } from "@os-keyring/keyring/file";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = await Deno.makeTempDir();
 * const keyring = new EncryptedFileKeyring({
 *   path: `${folder}/keyring.age`,
 *   identityFile: `${folder}/identity.txt`,
 * });
 * await keyring.create(); // once; makes the identity, too, when there is none
 * await keyring.setPassword("my_app", "alice", "made-up");
 * assertEquals(await keyring.getPassword("my_app", "alice"), "made-up");
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class EncryptedFileKeyring extends Utf8Keyring {
  /** The store's name. */
  override readonly name = "Encrypted file";
  readonly #options: EncryptedFileOptions;
  #store: FileStore | undefined;

  /**
   * Makes the keyring. Nothing is opened yet.
   *
   * @param options How it finds and opens its encrypted file.
   */
  constructor(options: EncryptedFileOptions = {}) {
    super();
    const { workFactor = LEAST_WORK_FACTOR, cacheSeconds = 0 } = options;
    if (!(workFactor >= LEAST_WORK_FACTOR && workFactor <= GREATEST_WORK_FACTOR)) {
      throw new RangeError(
        `The work factor must be ${LEAST_WORK_FACTOR} to ${GREATEST_WORK_FACTOR}`,
      );
    }
    if (!(cacheSeconds >= 0)) throw new RangeError("The cache time must be 0 or more seconds");
    this.#options = { ...options };
  }

  /** The encrypted file's path. Needs to read the environment where no path was given. */
  get path(): string {
    return this.#open({ operation: "open" }).location.path;
  }

  /** Forgets what `cacheSeconds` keeps in memory. */
  forget(): void {
    this.#store?.forget();
  }

  /**
   * Creates the encrypted file, empty. It is opened by the identity file where one is configured, which is
   * made when it is missing, else by a passphrase. Rejects when there is a file already.
   *
   * @param options Further recipients (`age1…`), such as those of a team, and the call's options.
   * @returns Whom it is encrypted for; nobody when it has a passphrase.
   * @throws {KeyringError} When there is a file already, or no key for it.
   */
  async create(options: CallOptions & { recipients?: readonly string[] } = {}): Promise<string[]> {
    const { recipients = [], signal } = options;
    return await this.#run({ operation: "open" }, signal, (store) => {
      return store.create(recipients, signal);
    });
  }

  /**
   * Tells who can open the encrypted file.
   *
   * @param options The call's options.
   * @returns The recipients (`age1…`); empty when it has a passphrase.
   * @throws {KeyringError} When it cannot be opened.
   */
  async recipients({ signal }: CallOptions = {}): Promise<string[]> {
    return await this.#run({ operation: "open" }, signal, async (store) => {
      return (await store.read(signal)).recipients;
    });
  }

  /**
   * Changes who can open the encrypted file, from now on: who could open it keeps the old copies. The own
   * identity always stays.
   *
   * @param change The recipients (`age1…`) to add and to remove.
   * @param options The call's options.
   * @throws {KeyringError} When the encrypted file has a passphrase, or there is no such recipient.
   */
  async changeRecipients(
    change: { add?: readonly string[]; remove?: readonly string[] },
    { signal }: CallOptions = {},
  ): Promise<void> {
    const { add = [], remove = [] } = change;
    await this.#run({ operation: "open" }, signal, async (store) => {
      await checkRecipients(add);
      await store.rekey((found) => {
        refuseRecipients(found, [...add, ...remove]);
        return async (document, key) => {
          await changeRecipients(document, key, add, remove);
          return key;
        };
      }, signal);
    });
  }

  /**
   * Changes the passphrase. The old one opens neither the encrypted file nor its backup any more.
   *
   * @param passphrase The new passphrase, or a function that asks for it.
   * @param options The call's options.
   * @throws {KeyringError} When the encrypted file has recipients, or cannot be opened.
   */
  async changePassphrase(
    passphrase: string | AskPassphrase,
    { signal }: CallOptions = {},
  ): Promise<void> {
    await this.#run({ operation: "open" }, signal, async (store) => {
      await store.rekey(async ({ kind }) => {
        refuseIdentity(kind);
        const { path } = store.location;
        const text = typeof passphrase === "string"
          ? passphrase
          : await passphrase({ path, isNew: true });
        checkPassphrase(text);
        return () => ({ kind: "passphrase", passphrase: text });
      }, signal);
    });
  }

  /** Reads the bytes of an entry; see `Keyring.getSecret`. */
  override async getSecret(
    service: string,
    username: string,
    { signal }: CallOptions = {},
  ): Promise<Uint8Array | null> {
    return await this.#run({ operation: "get", service, username }, signal, async (store) => {
      const document = await store.read(signal);
      const entry = document.entries[findEntry(document, service, username)];
      return entry ? secretOf(entry) : null;
    });
  }

  /** Reads a username with its password, in one opening; see `Keyring.getCredential`. */
  override async getCredential(
    service: string,
    username?: string | null,
    { signal }: CallOptions = {},
  ): Promise<Credential | null> {
    const details = { operation: "get", service, username: username ?? undefined } as const;
    return await this.#run(details, signal, async (store) => {
      const document = await store.read(signal);
      const found = username ?? infosOf(document, service)[0]?.username;
      if (found === undefined) return null;
      const entry = document.entries[findEntry(document, service, found)];
      if (!entry) return null;
      const secret = secretOf(entry);
      try {
        const password = decodePassword(secret, { ...details, username: found });
        return { username: found, password };
      } finally {
        secret.fill(0);
      }
    });
  }

  /** Stores the bytes of an entry; see `Keyring.setSecret`. */
  override async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const details = { operation: "set", service, username } as const;
    const copy = copySecret(secret);
    try {
      await this.#run(details, signal, async (store) => {
        if (copy.length > LARGEST_FILE) {
          throw new SecretTooLargeError(copy.length, LARGEST_FILE, details);
        }
        const entry = makeEntry(service, username, copy);
        await store.update((document) => {
          const index = findEntry(document, service, username);
          document.entries.splice(index < 0 ? document.entries.length : index, 1, entry);
        }, signal);
      });
    } finally {
      copy.fill(0);
    }
  }

  /** Deletes an entry; see `Keyring.deletePassword`. */
  override async deletePassword(
    service: string,
    username: string,
    { signal }: CallOptions = {},
  ): Promise<void> {
    await this.#run({ operation: "delete", service, username }, signal, async (store) => {
      await store.update((document) => {
        const index = findEntry(document, service, username);
        if (index < 0) throw noSuchEntry(service, username);
        document.entries.splice(index, 1);
      }, signal);
    });
  }

  /** Lists the entries; see `Keyring.list`. */
  override async list({ service, signal }: ListOptions = {}): Promise<EntryInfo[]> {
    return await this.#run({ operation: "list", service }, signal, async (store) => {
      return infosOf(await store.read(signal), service);
    });
  }

  async #run<T>(
    details: KeyringErrorDetails,
    signal: AbortSignal | undefined,
    action: (store: FileStore) => Promise<T>,
  ): Promise<T> {
    // Async, so that a refusal is a rejection.
    await Promise.resolve();
    signal?.throwIfAborted();
    checkNames(details, LIMITS);
    return await translated(details, () => action(this.#open(details)));
  }

  #open(details: KeyringErrorDetails): FileStore {
    const { path, identityFile, passphrase, workFactor, cacheSeconds, timeoutMs } = this.#options;
    const location = path === undefined ? fileLocation() : { path, own: false };
    if (!location) throw new KeyringPermissionError("--allow-env=KEYRING_FILE", details);
    this.#store ??= new FileStore(location, {
      identityFile,
      ...(typeof passphrase === "function" ? { ask: passphrase } : { passphrase }),
      cacheMs: (cacheSeconds ?? 0) * 1000,
      timeoutMs: timeoutMs ?? TIMEOUT_MS,
      workFactor: workFactor ?? LEAST_WORK_FACTOR,
    });
    return this.#store;
  }
}

function infosOf({ entries }: FileDocument, service: string | undefined): EntryInfo[] {
  return entries.filter((entry) => service === undefined || entry.service === service)
    .map(({ service, username, modified }) => ({
      service,
      username,
      ...(modified !== undefined && { modified: new Date(modified) }),
    }))
    .sort(compareEntries);
}

async function changeRecipients(
  document: FileDocument,
  key: FileKey,
  add: readonly string[],
  remove: readonly string[],
): Promise<void> {
  const own = await ownRecipients(key);
  for (const recipient of remove) {
    if (own.includes(recipient)) {
      throw new FileError("other", `${recipient} is the identity that opened the encrypted file`, {
        advice: "Open it with another identity to remove this one.",
      });
    }
    if (!document.recipients.includes(recipient)) {
      throw new FileError(
        "other",
        `${JSON.stringify(recipient)} is no recipient of the encrypted file`,
      );
    }
  }
  const kept = document.recipients.filter((recipient) => !remove.includes(recipient));
  document.recipients = [...kept, ...add];
}

function refuseIdentity(kind: FileKey["kind"]): void {
  if (kind === "passphrase") return;
  throw new FileError("other", "the encrypted file has recipients and no passphrase", {
    advice: "Change them with keyring file recipients.",
  });
}

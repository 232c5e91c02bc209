import { errorOf, Failure, type Viability } from "../../errors.ts";
import type { CallOptions, Credential, Keyring } from "../../keyring.ts";
import { mayRead } from "../../lib/environment.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { GREATEST_WORK_FACTOR, LEAST_WORK_FACTOR } from "./age.ts";
import { backendOf } from "./batch.ts";
import { EncryptedFile, type EncryptedFileOptions } from "./encrypted_file.ts";
import { ENCRYPTED, isOpened } from "./files.ts";
import {
  type AskPassphrase,
  deniedKeyVariables,
  IDENTITY_ROLE,
  identityPath,
  newPassphraseKey,
} from "./key.ts";
import { type FileLocation, fileLocation, folderOf, readFlag } from "./location.ts";
import { checkFile, checkPath, describeUnchecked, type Role } from "./permissions.ts";
import {
  changeAccepted,
  changedRecipients,
  checkRecipients,
  refuseRecipients,
} from "./recipients.ts";

export type { EncryptedFileOptions };
export { fileFlags as flags } from "./location.ts";

/**
 * A keyring in one file, encrypted in the format of [age](https://age-encryption.org), for machines
 * without a keyring: containers, CI, servers, WSL. The command `age` opens it, too.
 *
 * Each call opens the file again, unless it is in a `batch` or `cacheSeconds` is set. A write
 * replaces the whole file: whatever happens, the old one or the new one is there. Many processes may
 * write at the same time.
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
 * await keyring.create(); // once; creates the identity, too, when there is none
 * await keyring.setPassword("my_app", "alice", "s3cret");
 * assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
 *
 * // Opened once and saved once, or not at all when the work fails.
 * await keyring.batch(async (opened) => {
 *   await opened.setPassword("my_app", "bob", "s3cret");
 *   await opened.deletePassword("my_app", "alice");
 * });
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export class EncryptedFileKeyring extends StoreKeyring {
  /** Opens the file once for many calls, and saves it once; see `Keyring.batch`. */
  declare readonly batch: NonNullable<Keyring["batch"]>;
  readonly #file: EncryptedFile;

  /**
   * Makes the keyring. Nothing is opened yet.
   *
   * @param options How it finds and opens its file.
   */
  constructor(options: EncryptedFileOptions = {}) {
    const { workFactor = LEAST_WORK_FACTOR, cacheSeconds = 0 } = options;
    if (!(workFactor >= LEAST_WORK_FACTOR && workFactor <= GREATEST_WORK_FACTOR)) {
      throw new RangeError(
        `The work factor must be ${LEAST_WORK_FACTOR} to ${GREATEST_WORK_FACTOR}`,
      );
    }
    if (!(cacheSeconds >= 0)) throw new RangeError("The cache time must be 0 or more seconds");
    const file = new EncryptedFile({ ...options });
    super(backendOf(file));
    this.#file = file;
  }

  /** The path of the file. Reads the environment where no path was given. */
  get path(): string {
    try {
      return this.#file.location.path;
    } catch (error) {
      throw openError(error);
    }
  }

  /** Forgets what `cacheSeconds` keeps in memory. */
  forget(): void {
    this.#file.forget();
  }

  /** Reads a username with its password, in one opening; see `Keyring.getCredential`. */
  override async getCredential(
    service: string,
    username?: string | null,
    options?: CallOptions,
  ): Promise<Credential | null> {
    return await this.batch((opened) => opened.getCredential(service, username, options), options);
  }

  /**
   * Creates the file, without entries. An identity file opens it where one is configured, which is
   * created when it is missing, else a passphrase. The further recipients are accepted in the list
   * beside the identity. Rejects when there is already a file.
   *
   * @param options Further recipients (`age1…`), such as those of a team, and the call's options.
   * @returns The recipients that can open it; empty when it has a passphrase.
   * @throws {KeyringError} When there is already a file, or no key for it.
   */
  async create(options: CallOptions & { recipients?: readonly string[] } = {}): Promise<string[]> {
    const { recipients = [], signal } = options;
    return await opening(options, () => this.#file.create(recipients, signal));
  }

  /**
   * Lists the recipients that can open the file.
   *
   * @param options The call's options.
   * @returns The recipients (`age1…`); empty when it has a passphrase.
   * @throws {KeyringError} When it cannot be opened.
   */
  async recipients(options: CallOptions = {}): Promise<string[]> {
    return await opening(options, async () => {
      return (await this.#file.open(options.signal)).document.recipients;
    });
  }

  /**
   * Changes the recipients that can open the file from now on, and the list of accepted recipients
   * beside the identity. Those removed can still open the copies that they have. The identity that
   * opened it always stays.
   *
   * @param change The recipients (`age1…`) to add and to remove.
   * @param options The call's options.
   * @throws {KeyringError} When the file has a passphrase, or there is no such recipient.
   */
  async changeRecipients(
    change: { add?: readonly string[]; remove?: readonly string[] },
    options: CallOptions = {},
  ): Promise<void> {
    const { add = [], remove = [] } = change;
    await opening(options, async () => {
      await checkRecipients(add);
      const opened = await this.#file.open(options.signal, true);
      refuseRecipients(opened.key, [...add, ...remove]);
      await this.#file.change(opened, async (document) => {
        document.recipients = await changedRecipients(document.recipients, opened.key, change);
      }, { ...options, newKey: opened.key, accept: add });
      await changeAccepted(opened.key, { remove });
    });
  }

  /**
   * Changes the passphrase. The old one no longer opens the file or its backup.
   *
   * @param passphrase The new passphrase, or a function that asks for it.
   * @param options The call's options.
   * @throws {KeyringError} When the file has recipients, or cannot be opened.
   */
  async changePassphrase(
    passphrase: string | AskPassphrase,
    options: CallOptions = {},
  ): Promise<void> {
    await opening(options, async () => {
      const opened = await this.#file.open(options.signal, true);
      if (opened.key.kind === "identity") {
        throw new Failure("other", "the encrypted file has recipients and no passphrase", {
          advice: "Change them with keyring file recipients.",
        });
      }
      const { path } = this.#file.location;
      const ask = typeof passphrase === "string" ? () => passphrase : passphrase;
      const newKey = newPassphraseKey(await ask({ path, isNew: true }));
      await this.#file.change(opened, () => {}, { ...options, newKey });
    });
  }
}

async function opening<T>({ signal }: CallOptions, work: () => Promise<T>): Promise<T> {
  signal?.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    throw openError(error);
  }
}

function openError(error: unknown): unknown {
  return error instanceof Failure ? errorOf(error, { operation: "open" }) : error;
}

export function open(
  { askPassphrase }: { askPassphrase?: AskPassphrase | undefined } = {},
): Keyring {
  return new EncryptedFileKeyring(askPassphrase ? { passphrase: askPassphrase } : {});
}

export async function probe(): Promise<Viability> {
  try {
    return await probeAt(fileLocation(Deno.build.os, deniedKeyVariables({})));
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { flag } = error.details;
    return { viable: false, reason: error.message, ...(flag === undefined ? {} : { flag }) };
  }
}

async function probeAt(location: FileLocation): Promise<Viability> {
  const { path } = location;
  const flag = readFlag(path);
  if (!mayRead(folderOf(path))) {
    return { viable: false, reason: "a Deno permission is missing", flag };
  }
  try {
    if (!(await Deno.stat(path)).isFile) {
      return { viable: false, reason: `"${path}" is not a file` };
    }
    const note = checkAll(location);
    return { viable: true, ...(note !== undefined && { note }) };
  } catch (error) {
    if (error instanceof Failure) {
      const { advice = "" } = error.details;
      return { viable: false, reason: `${error.message}. ${advice}` };
    }
    const reason = `there is no encrypted file at "${path}": keyring file init`;
    return { viable: false, reason, absent: true };
  }
}

/** Returns what could not be checked of the file and the configured identity. */
function checkAll({ path, own }: FileLocation): string | undefined {
  const unchecked = new Set<string>();
  const check = (path: string, role: Role) => {
    for (const folder of checkPath(path, role)) unchecked.add(folder);
    if (mayRead(path)) checkFile(path, Deno.statSync(path), role);
  };
  check(path, { ...ENCRYPTED, own });
  const identity = identityPath({});
  if (identity !== undefined && !isOpened(identity)) check(identity, IDENTITY_ROLE);
  return describeUnchecked([...unchecked]);
}

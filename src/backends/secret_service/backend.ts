import { checkNames, copySecret } from "../../entry.ts";
import { KeyringError, type KeyringErrorDetails, SecretTooLargeError } from "../../errors.ts";
import { GRACE_MS } from "../../large_secrets/grace.ts";
import {
  type CallOptions,
  compareEntries,
  type Credential,
  type EntryInfo,
  type ListOptions,
  type PruneOptions,
} from "../../keyring.ts";
import { explain, LOCKED } from "./explain.ts";
import { namesOf } from "./listing.ts";
import { DEFAULT_PROGRAM, LONGEST_SECRET, SecretTool } from "./secret_tool.ts";
import { LARGEST_BYTES, toStoredForm } from "./stored_form.ts";
import { tellsReplaced } from "../../replaced.ts";
import { Utf8Keyring } from "../../utf8_keyring.ts";
import { SecretServiceEntries } from "./entries.ts";
import { errorOf } from "./errors.ts";

export { probeSecretService, type SecretServiceProbe } from "./probe.ts";

/** The options of a {@linkcode SecretServiceKeyring}. */
export interface SecretServiceOptions {
  /** The absolute path of `secret-tool`; `/usr/bin/secret-tool` by default. */
  secretTool?: string;
  /** The time limit of each run of it; 60 seconds by default, for an unlock dialog may be open. */
  timeoutMs?: number;
  /** The `application` attribute; that of Python's keyring by default, so that both share. */
  application?: string;
}

// Together with the label's words, both names must fit into one argument of 128 KiB.
const LIMITS = { unit: "bytes", service: 32_768, username: 32_768 } as const;

/**
 * The keyring of a Linux desktop. Shares its entries with Python's `keyring`, and reads and
 * replaces those of other programs that name them by `service` and `username`.
 *
 * A service or username has at most 32,768 bytes, a secret 8,191 bytes. Secrets that are not text,
 * or that contain NUL, are stored as Base64 behind the marker `os-keyring-base64:`.
 *
 * `list()` without a service tells only the entries with this keyring's `application`.
 *
 * @example Store a password in the desktop's keyring
 * ```ts ignore
 * import { SecretServiceKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new SecretServiceKeyring({ timeoutMs: 10_000 });
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class SecretServiceKeyring extends Utf8Keyring {
  /** The store's name. */
  readonly name = "Secret Service";
  /** The most bytes of a secret whose stored form is Base64; of text, more fit. */
  readonly maxSecretBytes: number = LARGEST_BYTES;
  #tool: SecretTool;
  #application: string;
  #entries: SecretServiceEntries;

  /**
   * Makes the keyring; nothing is started before the first call.
   *
   * @param options The program, its time limit and the application's name.
   */
  constructor(options: SecretServiceOptions = {}) {
    super();
    const { secretTool = DEFAULT_PROGRAM, timeoutMs = 60_000 } = options;
    this.#tool = new SecretTool(secretTool, timeoutMs);
    this.#application = options.application ?? "Python keyring library";
    this.#entries = new SecretServiceEntries(this.#tool, this.#application);
    tellsReplaced(this);
  }

  /** Reads the bytes of an entry. */
  async getSecret(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<Uint8Array | null> {
    const details = { operation: "get", service, username } as const;
    checkNames(details, LIMITS);
    return await this.#explained(details, () => this.#entries.read(details, options?.signal));
  }

  /** Stores the bytes of an entry. */
  async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void> {
    const details = { operation: "set", service, username } as const;
    const copy = copySecret(secret);
    const stored = toStoredForm(copy);
    copy.fill(0);
    try {
      checkNames(details, LIMITS);
      if (stored.length > LONGEST_SECRET) {
        throw new SecretTooLargeError(stored.length, LONGEST_SECRET, details);
      }
      await this.#explained(details, () => this.#entries.write(details, stored, options));
    } finally {
      stored.fill(0);
    }
  }

  /** Deletes an entry, with all its twins of other programs. */
  async deletePassword(service: string, username: string, options?: CallOptions): Promise<void> {
    const details = { operation: "delete", service, username } as const;
    checkNames(details, LIMITS);
    await this.#explained(details, () => this.#entries.remove(details, options));
  }

  /** Removes what writers left behind that were killed while they replaced a secret. */
  async prune({ graceMs = GRACE_MS, signal }: PruneOptions = {}): Promise<number> {
    return await this.#explained({ operation: "list" }, () => this.#entries.prune(graceMs, signal));
  }

  /** Lists the entries without their secrets. */
  async list(options: ListOptions = {}): Promise<EntryInfo[]> {
    const { service, signal } = options;
    const entries = await this.#names({ operation: "list", service }, signal);
    return entries.sort(compareEntries);
  }

  /** Reads a username with its password; without one, the entry that was modified last. */
  override async getCredential(
    service: string,
    username?: string | null,
    options?: CallOptions,
  ): Promise<Credential | null> {
    if (username !== undefined && username !== null) {
      return await super.getCredential(service, username, options);
    }
    const entries = await this.#names({ operation: "get", service }, options?.signal);
    for (const { username } of entries) {
      // One may hold nothing: it was deleted meanwhile, or its writer was killed.
      const credential = await super.getCredential(service, username, options);
      if (credential) return credential;
    }
    return null;
  }

  async #names(details: KeyringErrorDetails, signal?: AbortSignal): Promise<EntryInfo[]> {
    checkNames(details, LIMITS);
    const searched = new Map([
      details.service === undefined
        ? ["application", this.#application] as const
        : ["service", details.service] as const,
    ]);
    return await this.#explained(details, async () => {
      const found = await this.#tool.search(searched, signal);
      const names = await namesOf(this.#tool, searched, found, signal);
      if (names.length === 0 && found.locked) throw errorOf(LOCKED, details);
      return names;
    });
  }

  async #explained<T>(details: KeyringErrorDetails, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (error instanceof KeyringError) throw error;
      const explanation = explain(error, this.#tool.program);
      if (!explanation) throw error;
      throw errorOf(explanation, { ...details, cause: error }, this.#tool.program);
    }
  }
}

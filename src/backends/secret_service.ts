/**
 * The Secret Service of Linux desktops (GNOME Keyring, KWallet, KeePassXC), through `secret-tool`.
 *
 * @module
 */

import { checkNames, copySecret, noSuchEntry } from "../entry.ts";
import {
  KeyringError,
  type KeyringErrorDetails,
  operationError,
  SecretTooLargeError,
} from "../errors.ts";
import { type CallOptions, compareEntries, type EntryInfo, type ListOptions } from "../keyring.ts";
import { explain, LOCKED } from "../linux/explain.ts";
import { namesOf } from "../linux/listing.ts";
import { nextSecond, placeEntry } from "../linux/placement.ts";
import type { Attributes, SearchResult } from "../linux/search_output.ts";
import { DEFAULT_PROGRAM, LONGEST_SECRET, SecretTool } from "../linux/secret_tool.ts";
import { fromStoredForm, LARGEST_BYTES, toStoredForm } from "../linux/stored_form.ts";
import { listenerOf, tellsReplaced } from "../replaced.ts";
import { TimeLimitError } from "../subprocess.ts";
import { Utf8Keyring } from "../utf8_keyring.ts";
import { errorOf } from "./secret_service_errors.ts";

export { probeSecretService, type SecretServiceProbe } from "../linux/probe.ts";

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
const ATTEMPTS = 3;
const SILENT = "secret-tool reported success, printed nothing, and finds no such entry";
const LOST = "secret-tool reported success, and finds no such entry";
const UNSTABLE = "the entry is there, but the Secret Service did not hand it out";

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
  /** Whether the program was seen to keep what it stored. */
  #keeps = false;

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
    const names = namesFor(service, username);
    return await this.#explained(details, async () => {
      let reason = UNSTABLE;
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const stored = await this.#tool.lookup(names, options?.signal);
        if (stored && stored.length > 0) return fromStoredForm(stored);
        // A locked item looks like a missing one, and some daemons miss one now and then. A program
        // that does nothing looks like an empty secret.
        const found = await this.#tool.search(names, options?.signal);
        const missing = isMissing(found, details);
        if (stored && !missing) return stored;
        if (!stored && missing) return null;
        if (missing) reason = SILENT;
      }
      throw operationError(reason, { ...details, advice: "Try again." });
    });
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
    try {
      checkNames(details, LIMITS);
      await this.#store(details, copy, options);
    } finally {
      copy.fill(0);
    }
  }

  async #store(
    details: KeyringErrorDetails & { service: string; username: string },
    secret: Uint8Array,
    options: CallOptions | undefined,
  ): Promise<void> {
    const { service, username } = details;
    const signal = options?.signal;
    const stored = toStoredForm(secret);
    try {
      if (stored.length > LONGEST_SECRET) {
        throw new SecretTooLargeError(stored.length, LONGEST_SECRET, details);
      }
      const names = namesFor(service, username);
      const own = new Map([["application", this.#application], ...names]);
      const label = `Password for '${username}' on '${service}'`;
      await this.#explained(details, async () => {
        let found = await this.#tool.search(names, signal);
        if (found.locked) {
          // Before it is unlocked, nobody can tell whose item it is.
          if (!await this.#tool.unlock(names, signal)) throw errorOf(LOCKED, details);
          found = await this.#tool.search(names, signal);
        }
        if (found.items.length > 0) await this.#tell(names, options);
        const { attributes, newest } = placeEntry(own, found);
        if (newest) await nextSecond(signal);
        await this.#tool.store(label, attributes, stored, signal);
        if (found.items.length === 0 && !this.#keeps) await this.#prove(names, details, signal);
      });
    } finally {
      stored.fill(0);
    }
  }

  // Once: a program that does nothing reports success, too.
  async #prove(
    names: Attributes,
    details: KeyringErrorDetails,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { items, locked } = await this.#tool.search(names, signal);
      this.#keeps = items.length > 0 || locked;
      if (this.#keeps) return;
    }
    throw operationError(LOST, details);
  }

  /** Deletes an entry, with all its twins of other programs. */
  async deletePassword(service: string, username: string, options?: CallOptions): Promise<void> {
    const details = { operation: "delete", service, username } as const;
    checkNames(details, LIMITS);
    const names = namesFor(service, username);
    await this.#explained(details, async () => {
      await this.#tell(names, options);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (await this.#tool.clear(names, options?.signal)) return;
        const found = await this.#tool.search(names, options?.signal);
        if (isMissing(found, details)) throw noSuchEntry(service, username);
      }
      throw operationError(UNSTABLE, { ...details, advice: "Try again." });
    });
  }

  /** Tells whoever listens what an entry holds. That it cannot be read hinders no write. */
  async #tell(names: Attributes, options: CallOptions | undefined): Promise<void> {
    const listener = listenerOf(options);
    if (!listener) return;
    try {
      const stored = await this.#tool.lookup(names, options?.signal);
      if (!stored) return;
      const old = fromStoredForm(stored);
      listener(old);
      old.fill(0);
    } catch (error) {
      // Nobody is to wait a second time for what did not come.
      if (error instanceof TimeLimitError || options?.signal?.aborted) throw error;
    }
  }

  /** Lists the entries without their secrets. */
  async list(options: ListOptions = {}): Promise<EntryInfo[]> {
    const { service, signal } = options;
    const entries = await this.#names({ operation: "list", service }, signal);
    return entries.sort(compareEntries);
  }

  /** Finds the username of a service's entry that was modified last. */
  protected override async findUsername(
    service: string,
    options?: CallOptions,
  ): Promise<string | null> {
    const [newest] = await this.#names({ operation: "get", service }, options?.signal);
    return newest?.username ?? null;
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

function namesFor(service: string, username: string): Map<string, string> {
  return new Map([["service", service], ["username", username]]);
}

function isMissing(found: SearchResult, details: KeyringErrorDetails): boolean {
  if (found.locked) throw errorOf(LOCKED, details);
  return found.items.length === 0;
}

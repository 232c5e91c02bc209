/**
 * The macOS Keychain through the system's own `security` command. Entries are generic passwords:
 * the service is their service and the username their account, as Python's keyring has them.
 *
 * @module
 */

import { checkNames, copySecret, noSuchEntry } from "../entry.ts";
import {
  InitError,
  type KeyringErrorDetails,
  operationError,
  SecretTooLargeError,
} from "../errors.ts";
import type { CallOptions, EntryInfo, ListOptions } from "../keyring.ts";
import { encodeHex } from "../macos/hex.ts";
import { parseDump, parsePassword } from "../macos/parse.ts";
import { programFor } from "../macos/program.ts";
import { runSecurity, type SecurityResult } from "../macos/protocol.ts";
import { MAX_LINE_BYTES } from "../macos/quote.ts";
import { ITEM_NOT_FOUND, NO_DEFAULT_KEYCHAIN, NO_SUCH_KEYCHAIN } from "../macos/status.ts";
import { inTurn } from "../macos/turns.ts";
import { Utf8Keyring } from "../utf8_keyring.ts";
import { ADD_COMMAND, addArguments, entriesOf, largestSecret } from "./macos_entries.ts";
import { errorOfRun, errorOfStatus } from "./macos_errors.ts";

/** What {@linkcode MacOSKeyring} accepts. */
export interface MacOSKeyringOptions {
  /**
   * The path of the keychain to use, which must exist. Without it, entries are looked for in the
   * user's search list and new ones go to the default keychain, which is most often `login`.
   */
  keychain?: string;
  /**
   * The time limit of each command in milliseconds. A dialog that waits for the user counts.
   *
   * @default {60000}
   */
  timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const NAME_LIMITS = {
  unit: "bytes",
  service: MAX_LINE_BYTES,
  username: MAX_LINE_BYTES,
  forbidden: { "\n": "newline" },
} as const;

/**
 * The macOS Keychain.
 *
 * It needs `--allow-run=/usr/bin/security`. A secret of up to about 1,900 bytes fits, less for long
 * names; a larger one is refused.
 *
 * @example Use a keychain of one's own
 * ```ts ignore
 * import { MacOSKeyring } from "@os-keyring/keyring";
 *
 * const keyring = new MacOSKeyring({ keychain: "/Users/me/Library/Keychains/ci.keychain-db" });
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class MacOSKeyring extends Utf8Keyring {
  /** The store's name. */
  override readonly name = "macOS Keychain";
  readonly #program: string;
  readonly #keychain: readonly string[];
  readonly #timeoutMs: number;

  /**
   * Makes the keyring; nothing is started before the first call.
   *
   * @param options The keychain to use and the time limit.
   */
  constructor(options: MacOSKeyringOptions = {}) {
    super();
    this.#program = programFor(options);
    this.#keychain = keychainArguments(options.keychain);
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /** Reads the bytes of an entry. */
  override async getSecret(
    service: string,
    username: string,
    { signal }: CallOptions = {},
  ): Promise<Uint8Array | null> {
    const call = new Call({ operation: "get", service, username }, signal);
    await this.#requireKeychain(call);
    const secret = await this.#find(call, service, username);
    if (secret === null) await this.#requireDefaultKeychain(call);
    return secret;
  }

  /** Stores the bytes of an entry. */
  override async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const call = new Call({ operation: "set", service, username }, signal);
    const copy = copySecret(secret);
    try {
      this.#requireRoom(call, service, username, copy.length);
      await inTurn(this.#program, signal, () => this.#write(call, service, username, copy));
    } finally {
      copy.fill(0);
    }
  }

  /** Deletes an entry. */
  override async deletePassword(
    service: string,
    username: string,
    { signal }: CallOptions = {},
  ): Promise<void> {
    const call = new Call({ operation: "delete", service, username }, signal);
    const args = ["-a", username, "-s", service];
    await inTurn(this.#program, signal, async () => {
      await this.#requireKeychain(call);
      const { status } = await this.#run(call, "delete-generic-password", args, true);
      if (status === 0) return;
      if (status !== ITEM_NOT_FOUND) throw errorOfStatus(status, call.details);
      await this.#requireDefaultKeychain(call);
      throw noSuchEntry(service, username);
    });
  }

  /** Lists the entries without their secrets. */
  override async list({ service, signal }: ListOptions = {}): Promise<EntryInfo[]> {
    const call = new Call({ operation: "list", service }, signal);
    const { status, stdout } = await this.#run(call, "dump-keychain", []);
    if (status === 0) return entriesOf(parseDump(stdout), service);
    if (this.#keychain.length > 0) throw missingKeychain(status, call.details);
    await this.#requireDefaultKeychain(call);
    throw errorOfStatus(status, call.details);
  }

  /** Finds a username that the other calls can name. */
  protected override async findUsername(
    service: string,
    options?: CallOptions,
  ): Promise<string | null> {
    const entries = await this.list({ ...options, service });
    return entries.find(({ username }) => !/[\0\n]/.test(username))?.username ?? null;
  }

  async #find(call: Call, service: string, username: string): Promise<Uint8Array | null> {
    const args = ["-g", "-a", username, "-s", service];
    const { status, stderr } = await this.#run(call, "find-generic-password", args, true);
    try {
      if (status === ITEM_NOT_FOUND) return null;
      if (status !== 0) throw errorOfStatus(status, call.details);
      const secret = parsePassword(stderr);
      if (secret) return secret;
      throw operationError("security printed no password in a known form", call.details);
    } finally {
      stderr.fill(0);
    }
  }

  async #write(call: Call, service: string, username: string, secret: Uint8Array): Promise<void> {
    await this.#requireKeychain(call);
    const hex = encodeHex(secret);
    const args = addArguments(service, username, hex, []);
    const { status } = await this.#run(call, ADD_COMMAND, args).finally(() => hex.fill(0));
    if (status !== 0) throw errorOfStatus(status, call.details);
    const stored = await this.#find(call, service, username);
    const same = stored !== null && equal(stored, secret);
    stored?.fill(0);
    if (same) return;
    throw operationError("the keychain does not return what was stored", {
      ...call.details,
      advice: "Do not rely on this entry: look at it in Keychain Access.",
    });
  }

  #requireRoom(call: Call, service: string, username: string, size: number): void {
    try {
      const limit = largestSecret(service, username, this.#keychain);
      if (size > limit) throw new SecretTooLargeError(size, limit, call.details);
    } catch (error) {
      throw errorOfRun(error, call.details, this.#program);
    }
  }

  // Without this check, security would read, write and delete in the default keychain instead.
  // Dumping proves that the keychain exists, works on a locked one and never shows a dialog.
  async #requireKeychain(call: Call): Promise<void> {
    if (this.#keychain.length === 0) return;
    const { status } = await this.#run(call, "dump-keychain", [], true);
    if (status !== 0) throw missingKeychain(status, call.details);
  }

  // security reports a search that failed as an item that is not there.
  async #requireDefaultKeychain(call: Call): Promise<void> {
    if (this.#keychain.length > 0) return;
    const { status } = await this.#run(call, "default-keychain", [], true);
    if (status !== 0) throw errorOfStatus(NO_DEFAULT_KEYCHAIN, call.details);
  }

  async #run(
    { details, signal }: Call,
    command: string,
    args: readonly (string | Uint8Array)[],
    discardStdout = false,
  ): Promise<SecurityResult> {
    try {
      return await runSecurity(this.#program, {
        command,
        args: [...args, ...this.#keychain],
        timeoutMs: this.#timeoutMs,
        discardStdout,
        signal,
      });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error;
      throw errorOfRun(error, details, this.#program);
    }
  }
}

/** What one call of the contract does, checked. */
class Call {
  readonly details: KeyringErrorDetails;
  readonly signal: AbortSignal | undefined;

  constructor(details: KeyringErrorDetails, signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    checkNames(details, NAME_LIMITS);
    this.details = details;
    this.signal = signal;
  }
}

function keychainArguments(keychain: string | undefined): string[] {
  if (keychain === undefined) return [];
  // A leading dash would make it an option.
  if (keychain === "" || /^-|[\0\n]/.test(keychain) || !keychain.isWellFormed()) {
    throw new TypeError("The keychain must be a path, without a leading dash, NUL or newline");
  }
  return [keychain];
}

function missingKeychain(status: number, details: KeyringErrorDetails): InitError {
  const { advice } = errorOfStatus(NO_SUCH_KEYCHAIN, details);
  const all = { ...details, code: status, advice };
  return new InitError("the named keychain does not exist or cannot be opened", all);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

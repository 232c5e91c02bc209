// The macOS Keychain through the system's own `security` command. Entries are generic passwords:
// the service is their service and the username their account, as Python's keyring has them.

import { copySecret, noSuchEntry } from "../../entry.ts";
import type { CallOptions, EntryInfo, ListOptions } from "../../keyring.ts";
import { programFor } from "./program.ts";
import { inTurn } from "./turns.ts";
import { Utf8Keyring } from "../../utf8_keyring.ts";
import { entriesOf } from "./entries.ts";
import { Call, Keychain } from "./keychain.ts";

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

/**
 * The macOS Keychain.
 *
 * It needs `--allow-run=/usr/bin/security`. A secret of up to about 1,900 bytes fits, less for long
 * names; a larger one is refused, and is what `LargeSecretKeyring` is for.
 *
 * @example Use a keychain of one's own
 * ```ts ignore
 * import { MacOSKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new MacOSKeyring({ keychain: "/Users/me/Library/Keychains/ci.keychain-db" });
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class MacOSKeyring extends Utf8Keyring {
  /** The store's name. */
  override readonly name = "macOS Keychain";
  /** The most bytes of a secret under names as long as `Keyring.maxSecretBytes` allows. */
  readonly maxSecretBytes: number;
  readonly #program: string;
  readonly #keychain: Keychain;

  /**
   * Makes the keyring; nothing is started before the first call.
   *
   * @param options The keychain to use and the time limit.
   */
  constructor(options: MacOSKeyringOptions = {}) {
    super();
    const { keychain, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
    this.#program = programFor(options);
    this.#keychain = new Keychain(this.#program, keychain, timeoutMs);
    this.maxSecretBytes = this.#keychain.maxSecretBytes;
  }

  /** Reads the bytes of an entry. */
  override async getSecret(
    service: string,
    username: string,
    { signal }: CallOptions = {},
  ): Promise<Uint8Array | null> {
    const call = new Call({ operation: "get", service, username }, signal);
    return await this.#keychain.read(call, service, username);
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
    const write = () => this.#keychain.write(call, service, username, copy);
    try {
      this.#keychain.requireRoom(call, service, username, copy.length);
      await inTurn(this.#program, signal, write);
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
    const remove = () => this.#keychain.delete(call, service, username);
    if (!await inTurn(this.#program, signal, remove)) throw noSuchEntry(service, username);
  }

  /** Lists the entries without their secrets. */
  override async list({ service, signal }: ListOptions = {}): Promise<EntryInfo[]> {
    const call = new Call({ operation: "list", service }, signal);
    return entriesOf(await this.#keychain.items(call), service);
  }

  /** Finds a username that the other calls can name. */
  protected override async findUsername(
    service: string,
    options?: CallOptions,
  ): Promise<string | null> {
    const entries = await this.list({ ...options, service });
    return entries.find(({ username }) => !/[\0\n]/.test(username))?.username ?? null;
  }
}

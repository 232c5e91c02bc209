import { decodePassword, encodePassword } from "./entry.ts";
import type { CallOptions, Credential, EntryInfo, Keyring, ListOptions } from "./keyring.ts";

/**
 * A {@linkcode Keyring} whose passwords are the UTF-8 form of its secrets: the base of a store that
 * holds bytes. Its user writes four methods and a name.
 *
 * @example Write a keyring
 * ```ts
 * import { type EntryInfo, Utf8Keyring } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * class OneEntryKeyring extends Utf8Keyring {
 *   override readonly name = "One entry";
 *   #secret: Uint8Array | null = null;
 *   override getSecret(): Promise<Uint8Array | null> {
 *     return Promise.resolve(this.#secret && this.#secret.slice());
 *   }
 *   override setSecret(_service: string, _username: string, secret: Uint8Array): Promise<void> {
 *     this.#secret = secret.slice();
 *     return Promise.resolve();
 *   }
 *   override deletePassword(): Promise<void> {
 *     this.#secret = null;
 *     return Promise.resolve();
 *   }
 *   override list(): Promise<EntryInfo[]> {
 *     return Promise.resolve([]);
 *   }
 * }
 *
 * const keyring = new OneEntryKeyring();
 * await keyring.setPassword("my_app", "alice", "made-up");
 * assertEquals(await keyring.getPassword("my_app", "alice"), "made-up");
 * ```
 */
export abstract class Utf8Keyring implements Keyring {
  /** The store's name. */
  abstract readonly name: string;
  /** Reads the bytes of an entry. */
  abstract getSecret(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<Uint8Array | null>;
  /** Stores the bytes of an entry. */
  abstract setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void>;
  /** Deletes an entry. */
  abstract deletePassword(service: string, username: string, options?: CallOptions): Promise<void>;
  /** Lists the entries without their secrets. */
  abstract list(options?: ListOptions): Promise<EntryInfo[]>;

  /** Reads a password. */
  async getPassword(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<string | null> {
    const secret = await this.getSecret(service, username, options);
    if (secret === null) return null;
    try {
      return decodePassword(secret, { operation: "get", service, username });
    } finally {
      secret.fill(0);
    }
  }

  /** Creates an entry or replaces its password. */
  async setPassword(
    service: string,
    username: string,
    password: string,
    options?: CallOptions,
  ): Promise<void> {
    const secret = encodePassword(password, { operation: "set", service, username });
    try {
      await this.setSecret(service, username, secret, options);
    } finally {
      secret.fill(0);
    }
  }

  /** Reads a username with its password. */
  async getCredential(
    service: string,
    username?: string | null,
    options?: CallOptions,
  ): Promise<Credential | null> {
    const found = username ?? await this.findUsername(service, options);
    if (found === null) return null;
    const password = await this.getPassword(service, found, options);
    return password === null ? null : { username: found, password };
  }

  /** Finds any username of a service; stores that can ask for one entry override it. */
  protected async findUsername(service: string, options?: CallOptions): Promise<string | null> {
    const [entry] = await this.list({ ...options, service });
    return entry?.username ?? null;
  }
}

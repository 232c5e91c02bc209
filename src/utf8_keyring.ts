/**
 * What stores that hold plain bytes have in common: text is UTF-8.
 *
 * @module
 */

import { decodePassword, encodePassword } from "./entry.ts";
import type { CallOptions, Credential, EntryInfo, Keyring, ListOptions } from "./keyring.ts";

/** A {@linkcode Keyring} whose passwords are the UTF-8 form of its secrets. */
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

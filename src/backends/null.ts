import type { Credential, EntryInfo, Keyring } from "../keyring.ts";

/**
 * A keyring that is always empty and throws away what it is given, as Python's `null.Keyring`:
 * chosen where passwords must neither be kept nor asked for.
 *
 * @example Switch the keyring off
 * ```ts
 * import { getPassword, NullKeyring, setKeyring } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new NullKeyring());
 * assertEquals(await getPassword("my_app", "alice"), null);
 * ```
 */
export class NullKeyring implements Keyring {
  /** The store's name. */
  readonly name = "Null";

  /** Finds nothing. */
  getPassword(): Promise<string | null> {
    return Promise.resolve(null);
  }

  /** Throws the password away. */
  setPassword(): Promise<void> {
    return Promise.resolve();
  }

  /** Succeeds, as there is nothing to delete. */
  deletePassword(): Promise<void> {
    return Promise.resolve();
  }

  /** Finds nothing. */
  getCredential(): Promise<Credential | null> {
    return Promise.resolve(null);
  }

  /** Finds nothing. */
  getSecret(): Promise<Uint8Array | null> {
    return Promise.resolve(null);
  }

  /** Throws the secret away. */
  setSecret(): Promise<void> {
    return Promise.resolve();
  }

  /** Lists nothing. */
  list(): Promise<EntryInfo[]> {
    return Promise.resolve([]);
  }
}

import type { Backend } from "../backend.ts";
import type { Viability } from "../errors.ts";
import type { Keyring } from "../keyring.ts";
import { StoreKeyring } from "../store_keyring.ts";

/**
 * A keyring that is always empty and discards what it is given, like Python's `null.Keyring`: for use
 * where passwords must be neither stored nor asked for.
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
export class NullKeyring extends StoreKeyring {
  /** Makes the keyring. */
  constructor() {
    super(NOTHING);
  }
}

const NOTHING: Backend = {
  name: "Null",
  limits: { unit: "bytes", service: Infinity, username: Infinity },
  read: () => Promise.resolve(null),
  write: () => Promise.resolve([]),
  remove: () => Promise.resolve([]),
  list: () => Promise.resolve([]),
};

export function open(): Keyring {
  return new NullKeyring();
}

export function probe(): Viability {
  return { viable: true };
}

export function flags(): string {
  return "";
}

import { Keychain, type MacOSKeyringOptions } from "../../src/backends/macos/backend.ts";
import { StoreKeyring } from "../../src/store_keyring.ts";

/** A macOS keyring that cuts no secret into parts, for the limits of one item. */
export function oneItemKeyring(options: MacOSKeyringOptions): StoreKeyring {
  return new StoreKeyring(Object.assign(new Keychain(options), { maxLargeSecretBytes: undefined }));
}

/** The most bytes that one item holds beside names, where these need no backslashes. */
export function largestSecret(service: string, username: string, keychain?: string): number {
  const last = keychain === undefined ? "" : ` "${keychain}"`;
  const line = `add-generic-password "-U" "-a" "${username}" "-s" "${service}" "-X" ""${last}`;
  return Math.floor((4094 - line.length) / 2);
}

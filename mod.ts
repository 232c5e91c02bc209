/**
 * The operating system's own keyring.
 *
 * @module
 */

export type {
  CallOptions,
  Credential,
  EntryInfo,
  Keyring,
  ListOptions,
  Persistence,
} from "./src/keyring.ts";
export { isKeyring } from "./src/keyring.ts";
export * from "./src/errors.ts";

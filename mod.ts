/**
 * The operating system's own keyring: Windows Credential Manager, macOS Keychain, and the Secret
 * Service (GNOME Keyring, KWallet) on Linux.
 *
 * A password, an API key or a token is stored once, in the store that the system itself protects,
 * and read where it is needed, instead of standing in source code or an `.env` file. Entries are
 * shared with Python's `keyring`.
 *
 * @example Store, read and delete a password
 * ```ts ignore
 * import { deletePassword, getPassword, setPassword } from "jsr:@os-keyring/keyring";
 *
 * await setPassword("my_awesome_app", "my_user", "my_secret_password123");
 * console.log(await getPassword("my_awesome_app", "my_user"));
 * await deletePassword("my_awesome_app", "my_user");
 * ```
 *
 * Importing this module does nothing: no library is opened, no permission asked for, no file read.
 * The code of a store is loaded when it is chosen; `./backends` has the stores by name.
 *
 * @module
 */

export {
  deletePassword,
  getCredential,
  getKeyring,
  getPassword,
  getSecret,
  list,
  prune,
  setKeyring,
  setPassword,
  setSecret,
} from "./src/default_keyring.ts";
export {
  type CallOptions,
  type Credential,
  type DeleteOptions,
  type EntryInfo,
  isKeyring,
  type Keyring,
  type ListOptions,
  type Persistence,
  type PruneOptions,
  type TextEncoding,
  type TextOptions,
} from "./src/keyring.ts";
export {
  CorruptSecretError,
  Failure,
  type FailureDetails,
  type FailureKind,
  InitError,
  KeyringError,
  type KeyringErrorDetails,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  KeyringUnavailableError,
  NoKeyringError,
  type Operation,
  PasswordDeleteError,
  PasswordSetError,
  SecretTooLargeError,
} from "./src/errors.ts";
export { migrate } from "./src/migrate.ts";
export type {
  EntryNames,
  MigratedEntry,
  MigrateOptions,
  MigrationState,
} from "./src/records/migration.ts";
export type { Backend, Entry, NameLimits, Secret, TextForm } from "./src/backend.ts";
export { StoreKeyring } from "./src/store_keyring.ts";
export { FailKeyring } from "./src/backends/fail.ts";
export { MemoryKeyring } from "./src/backends/memory.ts";
export { NullKeyring } from "./src/backends/null.ts";

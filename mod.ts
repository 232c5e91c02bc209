/**
 * The operating system's own keyring: Windows Credential Manager, macOS Keychain, and on Linux the
 * Secret Service (GNOME Keyring, KeePassXC) or KDE Wallet. Store a password, an API key or a token
 * once, in the store that the system itself protects, and read it where it is needed, instead of
 * leaving it in source code or an `.env` file. Entries are shared with Python's `keyring`.
 *
 * @example Store, read and delete a password
 * ```ts
 * // main.ts
 * import { deletePassword, getPassword, setPassword } from "jsr:@os-keyring/keyring@^0.1";
 *
 * await setPassword("my_app", "alice", "s3cret");
 * console.log(await getPassword("my_app", "alice")); // null if there is none
 * await deletePassword("my_app", "alice");
 * ```
 *
 * Run it with the flags of your system:
 *
 * ```powershell
 * # Windows
 * deno run --allow-ffi="C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll" main.ts
 * ```
 *
 * ```sh
 * # macOS
 * deno run --allow-run=/usr/bin/security main.ts
 * # Linux
 * deno run --allow-env=DBUS_SESSION_BUS_ADDRESS,XDG_RUNTIME_DIR,XDG_CURRENT_DESKTOP \
 *   --allow-read="$XDG_RUNTIME_DIR/bus" --allow-write="$XDG_RUNTIME_DIR/bus" \
 *   --allow-net="unix:$XDG_RUNTIME_DIR/bus" main.ts
 * ```
 *
 * Or install the command, and use it in any shell:
 *
 * ```sh
 * deno install -gf -A -n keyring jsr:@os-keyring/keyring@^0.1/cli
 * keyring set my_app alice # asks for the password
 * keyring get my_app alice # prints it
 * keyring run --env API_TOKEN=my_app/alice -- deno run --allow-env=API_TOKEN deploy.ts
 * ```
 *
 * A machine without a keyring, such as a container, keeps an encrypted file: see `./file`. The
 * stores by name are in `./backends`, the raw Credential Manager of Windows in `./windows`, and the
 * test suite for your own keyring in `./testing`. See the folder `docs` of the package for more.
 *
 * Importing this module has no side effects, and it has no dependencies. The code of a store is
 * loaded when the store is chosen.
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

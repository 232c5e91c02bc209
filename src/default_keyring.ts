import { NoKeyringError } from "./errors.ts";
import {
  type CallOptions,
  type Credential,
  type DeleteOptions,
  type EntryInfo,
  isKeyring,
  type Keyring,
  type ListOptions,
  type PruneOptions,
  type TextOptions,
} from "./keyring.ts";

let current: Promise<Keyring> | undefined;

/**
 * The keyring that the functions of this module use: the one given to {@linkcode setKeyring}, else
 * the one that `KEYRING_BACKEND` or the config file names, else the system's.
 *
 * @returns The keyring.
 *
 * @example See which keyring is used
 * ```ts
 * import { getKeyring, MemoryKeyring, setKeyring } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring());
 * assertEquals((await getKeyring()).name, "Memory");
 * ```
 */
export async function getKeyring(): Promise<Keyring> {
  current ??= chooseKeyring();
  try {
    return await current;
  } catch (error) {
    // Not cached: the environment or the config file may be fixed while the process runs.
    current = undefined;
    throw error;
  }
}

// Loaded at the first call, so that importing the library costs a script less.
async function chooseKeyring(): Promise<Keyring> {
  if (!("Deno" in globalThis)) throw notDeno();
  const { choose } = await import("./choose.ts");
  return (await choose()).keyring;
}

function notDeno(): NoKeyringError {
  const instead = "Bun" in globalThis
    ? "in Bun, use Bun.secrets"
    : "in Node.js, use the package @napi-rs/keyring";
  return new NoKeyringError(`this library needs Deno; ${instead}`, { operation: "open" });
}

/**
 * Sets the keyring that the functions of this module use, overriding all configuration.
 *
 * @param keyring The keyring; `undefined` to choose again at the next call.
 *
 * @example Use a keyring in memory
 * ```ts
 * import { MemoryKeyring, setKeyring, setPassword } from "@os-keyring/keyring";
 *
 * setKeyring(new MemoryKeyring());
 * await setPassword("my_app", "alice", "s3cret");
 * ```
 */
export function setKeyring(keyring: Keyring | undefined): void {
  if (keyring !== undefined && !isKeyring(keyring)) {
    throw new TypeError("The keyring must have every method of the interface Keyring");
  }
  current = keyring && Promise.resolve(keyring);
}

/**
 * Reads a password from the keyring.
 *
 * @param service The application, host or URL that the entry belongs to; not empty.
 * @param username The account name; exact, may be empty.
 * @param options The call's options.
 * @returns The password, or `null` if there is no such entry.
 * @throws {KeyringError} If the keyring is locked, missing or unreachable.
 *
 * @example Read a password
 * ```ts
 * import { getPassword, MemoryKeyring, setKeyring } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring()); // so that your own keyring is not used
 * assertEquals(await getPassword("my_app", "alice"), null);
 * ```
 */
export async function getPassword(
  service: string,
  username: string,
  options?: TextOptions,
): Promise<string | null> {
  return await (await getKeyring()).getPassword(service, username, options);
}

/**
 * Stores a password in the keyring, or replaces it. A password that is too large for an entry of the
 * store is stored in parts: up to 42,000 bytes on Windows and macOS, and 1 MiB on Linux.
 *
 * @param service The application, host or URL that the entry belongs to; not empty.
 * @param username The account name; may be empty.
 * @param password The password; may be empty, must be well-formed Unicode.
 * @param options The call's options.
 * @throws {PasswordSetError} If it was not stored; the old password is still there.
 * @throws {SecretTooLargeError} If it is too large for this store; nothing was written.
 *
 * @example Store a password
 * ```ts
 * import { getPassword, MemoryKeyring, setKeyring, setPassword } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring()); // so that your own keyring is not used
 * await setPassword("my_app", "alice", "s3cret");
 * assertEquals(await getPassword("my_app", "alice"), "s3cret");
 * ```
 */
export async function setPassword(
  service: string,
  username: string,
  password: string,
  options?: TextOptions,
): Promise<void> {
  await (await getKeyring()).setPassword(service, username, password, options);
}

/**
 * Deletes a password from the keyring.
 *
 * @param service The application, host or URL that the entry belongs to; not empty.
 * @param username The account name; exact, may be empty.
 * @param options The call's options.
 * @throws {PasswordDeleteError} If there is no such entry, unless `missingOk`, or if it could not be
 * deleted.
 *
 * @example Delete a password
 * ```ts
 * import { deletePassword, MemoryKeyring, setKeyring, setPassword } from "@os-keyring/keyring";
 * import { assertRejects } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring()); // so that your own keyring is not used
 * await setPassword("my_app", "alice", "s3cret");
 * await deletePassword("my_app", "alice");
 * await assertRejects(() => deletePassword("my_app", "alice"));
 * ```
 */
export async function deletePassword(
  service: string,
  username: string,
  options?: DeleteOptions,
): Promise<void> {
  await (await getKeyring()).deletePassword(service, username, options);
}

/**
 * Reads a username and its password from the keyring.
 *
 * @param service The application, host or URL that the entry belongs to; not empty.
 * @param username The account name; if omitted, any entry of the service is returned.
 * @param options The call's options.
 * @returns The credential, or `null` if there is no such entry.
 * @throws {KeyringError} If the keyring is locked, missing or unreachable.
 *
 * @example Read the credential of a service
 * ```ts
 * import { getCredential, MemoryKeyring, setKeyring, setPassword } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring()); // so that your own keyring is not used
 * await setPassword("my_app", "alice", "s3cret");
 * assertEquals(await getCredential("my_app"), { username: "alice", password: "s3cret" });
 * ```
 */
export async function getCredential(
  service: string,
  username?: string | null,
  options?: TextOptions,
): Promise<Credential | null> {
  return await (await getKeyring()).getCredential(service, username, options);
}

/**
 * Reads the bytes of an entry exactly as the store holds them. What was stored as text is in the
 * store's own encoding: UTF-16LE on Windows, UTF-8 elsewhere. Text that was too large for an entry is
 * UTF-8 everywhere.
 *
 * @param service The application, host or URL that the entry belongs to; not empty.
 * @param username The account name; exact, may be empty.
 * @param options The call's options.
 * @returns The bytes, which are yours to overwrite after use, or `null` if there is no such entry.
 * @throws {KeyringError} If the keyring is locked, missing or unreachable.
 *
 * @example Read a key and wipe it after use
 * ```ts
 * import { getSecret, MemoryKeyring, setKeyring, setSecret } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring()); // so that your own keyring is not used
 * await setSecret("my_app", "signing key", new Uint8Array([0, 255, 1]));
 * const key = await getSecret("my_app", "signing key");
 * assertEquals(key, new Uint8Array([0, 255, 1]));
 * key?.fill(0);
 * ```
 */
export async function getSecret(
  service: string,
  username: string,
  options?: CallOptions,
): Promise<Uint8Array | null> {
  return await (await getKeyring()).getSecret(service, username, options);
}

/**
 * Stores bytes in the keyring as they are, or replaces the secret of the entry.
 *
 * @param service The application, host or URL that the entry belongs to; not empty.
 * @param username The account name; may be empty.
 * @param secret The bytes.
 * @param options The call's options.
 * @throws {PasswordSetError} If they were not stored; the old secret is still there.
 * @throws {SecretTooLargeError} If it is too large for this store; nothing was written.
 *
 * @example Store a key
 * ```ts
 * import { MemoryKeyring, setKeyring, setSecret } from "@os-keyring/keyring";
 *
 * setKeyring(new MemoryKeyring()); // so that your own keyring is not used
 * await setSecret("my_app", "signing key", crypto.getRandomValues(new Uint8Array(32)));
 * ```
 */
export async function setSecret(
  service: string,
  username: string,
  secret: Uint8Array,
  options?: CallOptions,
): Promise<void> {
  await (await getKeyring()).setSecret(service, username, secret, options);
}

/**
 * Lists the entries of the keyring, sorted by service and username, never a secret.
 *
 * @param options The service to list, and the call's options.
 * @returns The entries; empty if there are none.
 * @throws {KeyringError} If the keyring is locked, missing or unreachable.
 *
 * @example List the users of a service
 * ```ts
 * import { list, MemoryKeyring, setKeyring, setPassword } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring()); // so that your own keyring is not used
 * await setPassword("my_app", "alice", "s3cret");
 * const users = (await list({ service: "my_app" })).map(({ username }) => username);
 * assertEquals(users, ["alice"]);
 * ```
 */
export async function list(options?: ListOptions): Promise<EntryInfo[]> {
  return await (await getKeyring()).list(options);
}

/**
 * Removes what interrupted writes of large secrets left behind in the keyring. Otherwise this happens
 * when the next large secret is stored in the same entry.
 *
 * @param options How old leftovers must be, and the call's options.
 * @returns How many leftovers were removed.
 * @throws {KeyringError} If the keyring is locked, missing or unreachable.
 *
 * @example Clean up
 * ```ts
 * import { MemoryKeyring, prune, setKeyring } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring()); // so that your own keyring is not used
 * assertEquals(await prune(), 0);
 * ```
 */
export async function prune(options?: PruneOptions): Promise<number> {
  return await (await getKeyring()).prune?.(options) ?? 0;
}

/**
 * The contract: what every keyring does, whatever store it uses.
 *
 * @module
 */

/** What every call accepts. */
export interface CallOptions {
  /** Aborting it rejects the call with the signal's reason and ends any subprocess of the call. */
  signal?: AbortSignal;
}

/** An encoding of text. */
export type TextEncoding = "utf-8" | "utf-16le";

/** What the calls that read or store text accept. */
export interface TextOptions extends CallOptions {
  /**
   * How the entry encodes text, if that is not recorded. It is unknown only for entries of other
   * programs on Windows; their encoding is otherwise detected, which can go wrong with short text.
   */
  encoding?: TextEncoding;
}

/** What {@linkcode Keyring.list} accepts. */
export interface ListOptions extends CallOptions {
  /** Only the entries of this service. */
  service?: string;
}

/** What {@linkcode Keyring.prune} accepts. */
export interface PruneOptions extends CallOptions {
  /**
   * How old leftovers must be, in milliseconds. Younger ones may belong to a write that is still in
   * progress in another process; 0 would break it.
   *
   * @default {600000}
   */
  graceMs?: number;
}

/** What {@linkcode Keyring.deletePassword} accepts. */
export interface DeleteOptions extends CallOptions {
  /**
   * Whether the call succeeds if there is no such entry.
   *
   * @default {false}
   */
  missingOk?: boolean;
}

/** A username and its password, as {@linkcode Keyring.getCredential} returns it. */
export interface Credential {
  /** The account name; may be empty. */
  username: string;
  /** The password. */
  password: string;
}

/**
 * How long, and where, Windows keeps an entry: `"session"` until logoff, `"local"` on this
 * machine, `"enterprise"` also on the other machines of a roaming profile.
 */
export type Persistence = "session" | "local" | "enterprise";

/** One entry of a keyring without its secret, as {@linkcode Keyring.list} returns it. */
export interface EntryInfo {
  /** The service (application, host, URL) that the entry belongs to. */
  service: string;
  /** The account name; may be empty. */
  username: string;
  /** When it was last written, if the store reports that without opening the entry. */
  modified?: Date;
  /** How long the entry is kept, if the store has such a setting. */
  persistence?: Persistence;
  /** The comment that its writer left, if the store keeps one. */
  comment?: string;
}

/**
 * A store of passwords, named by service and username.
 *
 * A stored password comes back byte for byte. Anything that a store cannot hold is refused before
 * anything is written, and an interrupted write leaves the old value or the new one.
 *
 * @example Use any keyring through its contract
 * ```ts
 * import { type Keyring, MemoryKeyring } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * const keyring: Keyring = new MemoryKeyring();
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * assertEquals(await keyring.getPassword("my_app", "alice"), "correct horse");
 * assertEquals(await keyring.getPassword("my_app", "bob"), null);
 * ```
 */
export interface Keyring {
  /** The store's name as its system calls it, such as `Windows Credential Manager`. */
  readonly name: string;

  /**
   * The maximum size of a secret with any content, in bytes, for a service of up to 128 bytes and a
   * username of up to 512; missing if there is no such limit.
   */
  readonly maxSecretBytes?: number;

  /** How many concurrent calls it is made for; missing if sequential calls are as fast. */
  readonly concurrency?: number;

  /**
   * Reads a password.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; exact, may be empty.
   * @param options The call's options.
   * @returns The password, or `null` when there is no such entry.
   */
  getPassword(service: string, username: string, options?: TextOptions): Promise<string | null>;

  /**
   * Creates an entry or replaces its password.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; may be empty.
   * @param password The password; may be empty, must be well-formed Unicode.
   * @param options The call's options.
   */
  setPassword(
    service: string,
    username: string,
    password: string,
    options?: TextOptions,
  ): Promise<void>;

  /**
   * Deletes an entry. Rejects with a `PasswordDeleteError` when there is none, unless `missingOk`.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; exact, may be empty.
   * @param options The call's options.
   */
  deletePassword(service: string, username: string, options?: DeleteOptions): Promise<void>;

  /**
   * Reads a username and its password.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; without it, any entry of the service answers.
   * @param options The call's options.
   * @returns The credential, or `null` when there is no such entry.
   */
  getCredential(
    service: string,
    username?: string | null,
    options?: TextOptions,
  ): Promise<Credential | null>;

  /**
   * Reads the bytes of an entry exactly as the store holds them. For an entry that was stored as
   * text, they are the text in the store's own encoding: UTF-16LE on Windows, UTF-8 elsewhere. Text
   * that was too large for one entry is UTF-8 everywhere.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; exact, may be empty.
   * @param options The call's options.
   * @returns The bytes, which the caller owns and may overwrite, or `null` when there is no entry.
   */
  getSecret(service: string, username: string, options?: CallOptions): Promise<Uint8Array | null>;

  /**
   * Reads an entry in the form in which it can be stored again: its password, if `setPassword` would
   * store the same bytes, or else its bytes, for `setSecret`. Missing if all text is stored as UTF-8,
   * where the bytes alone are enough.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; exact, may be empty.
   * @param options The call's options.
   * @returns The password, or the bytes, which the caller owns; `null` when there is no entry.
   */
  getPasswordOrSecret?(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<string | Uint8Array | null>;

  /**
   * Creates an entry with exactly these bytes, or replaces its secret.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; may be empty.
   * @param secret The bytes; copied before the call returns.
   * @param options The call's options.
   */
  setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void>;

  /**
   * Finds out where an entry is, in the store's own terms: all places that deleting it would empty.
   * If two keyrings find entries at the same place, these are the same entry, whatever names each
   * uses. Missing if no other program keeps entries in the store.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; exact, may be empty.
   * @param options The call's options.
   * @returns Where it is; empty when there is no such entry, or only another store behind this one has
   * it.
   */
  locate?(service: string, username: string, options?: CallOptions): Promise<string[]>;

  /**
   * Lists the entries, sorted by service and username. Never reads or returns a secret.
   *
   * @param options The service to list, and the call's options.
   * @returns The entries; empty when there are none.
   */
  list(options?: ListOptions): Promise<EntryInfo[]>;

  /**
   * Removes what interrupted writes left behind; missing if they leave nothing.
   *
   * @param options How old it must be, and the call's options.
   * @returns How many leftovers were removed.
   */
  prune?(options?: PruneOptions): Promise<number>;

  /**
   * Returns whether there is an entry; missing if the store has no faster way than listing.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; exact, may be empty.
   * @param options The call's options.
   * @returns Whether there is one.
   */
  has?(service: string, username: string, options?: CallOptions): Promise<boolean>;

  /**
   * Returns which of many entries exist; missing if the store has no faster way than listing or
   * asking for each.
   *
   * @param entries The names of the entries.
   * @param options The call's options.
   * @returns Whether each of them exists, in the same order.
   */
  hasEach?(
    entries: readonly Pick<EntryInfo, "service" | "username">[],
    options?: CallOptions,
  ): Promise<boolean[]>;

  /**
   * Checks many entries before the first is stored, for those that the store cannot hold, or not
   * together with the others; missing if only storing them can find that out.
   *
   * @param entries The names of the entries, in the order in which they will be stored.
   * @param options The call's options.
   * @returns For each of them, in the same order, why it is refused, or `undefined`.
   */
  checkEach?(
    entries: readonly Pick<EntryInfo, "service" | "username">[],
    options?: CallOptions,
  ): Promise<(Error | undefined)[]>;

  /**
   * Gives one key to all names that the store takes for the same entry, such as `Svc` and `svc` on
   * Windows; missing if different names are always different entries.
   *
   * @param service The service.
   * @param username The username.
   * @returns The key, which is meaningful only within this keyring.
   */
  keyOf?(service: string, username: string): string;

  /**
   * Works on many entries at once; missing if the store does not benefit from it. The store is opened
   * at the first call, and saved once, after the work, if the work changed anything. If the work
   * fails, either nothing is saved, as by the encrypted file, or everything that it had changed.
   *
   * @param work The work, which must use only the keyring that it is given.
   * @param options The call's options.
   * @returns What the work returned.
   */
  batch?<T>(work: (keyring: Keyring) => Promise<T>, options?: CallOptions): Promise<T>;
}

const METHODS = [
  "getPassword",
  "setPassword",
  "deletePassword",
  "getCredential",
  "getSecret",
  "setSecret",
  "list",
] as const satisfies readonly (keyof Keyring)[];

/**
 * Returns whether a value has the shape of a {@linkcode Keyring}.
 *
 * @param value Any value, such as the export of a user's module.
 * @returns Whether it has a name and every method of the contract.
 */
export function isKeyring(value: unknown): value is Keyring {
  if (typeof value !== "object" || value === null) return false;
  const candidate = value as Record<string, unknown>;
  return typeof candidate.name === "string" &&
    METHODS.every((method) => typeof candidate[method] === "function");
}

/** The order of {@linkcode Keyring.list}: by service, then username, by code unit. */
export function compareEntries(a: EntryInfo, b: EntryInfo): number {
  return compare(a.service, b.service) || compare(a.username, b.username);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

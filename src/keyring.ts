/**
 * The contract: what every keyring, whatever store stands behind it, does.
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
   * How the entry encodes text, where it does not say so: only the entries of other programs in
   * Windows do not, and their encoding is otherwise detected, which can go wrong with short text.
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
   * How old leftovers must be, in milliseconds. Younger ones may belong to a write that is still
   * under way in another process, which 0 would destroy.
   *
   * @default {600000}
   */
  graceMs?: number;
}

/** What {@linkcode Keyring.deletePassword} accepts. */
export interface DeleteOptions extends CallOptions {
  /**
   * Whether the call succeeds when there is no such entry.
   *
   * @default {false}
   */
  missingOk?: boolean;
}

/** A username with its password, as {@linkcode Keyring.getCredential} returns it. */
export interface Credential {
  /** The account name; may be empty. */
  username: string;
  /** The password. */
  password: string;
}

/**
 * How long, and where, Windows keeps an entry: `"session"` until log-off, `"local"` on this
 * machine, `"enterprise"` also on the other machines of a roaming profile.
 */
export type Persistence = "session" | "local" | "enterprise";

/** One entry of a keyring without its secret, as {@linkcode Keyring.list} returns it. */
export interface EntryInfo {
  /** The service (application, host, URL) that the entry belongs to. */
  service: string;
  /** The account name; may be empty. */
  username: string;
  /** When it was last written, where the store tells without opening the entry. */
  modified?: Date;
  /** How the entry is kept, where the store knows such a thing. */
  persistence?: Persistence;
  /** The comment that its writer left, where the store keeps one. */
  comment?: string;
}

/**
 * A store of passwords, named by service and username.
 *
 * A password that was stored comes back byte for byte. What a store cannot hold is refused before
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
   * The most bytes of a secret, whatever they are, under a service of up to 128 bytes and a username
   * of up to 512; missing where there is no such limit.
   */
  readonly maxSecretBytes?: number;

  /** How many calls at once it is made for; missing where one after the other is as well. */
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
   * Reads a username with its password.
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
   * text these are the store's own encoding of it: UTF-16LE on Windows, UTF-8 elsewhere. Text that
   * was too large for one entry is UTF-8 everywhere.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; exact, may be empty.
   * @param options The call's options.
   * @returns The bytes, which the caller owns and may overwrite, or `null` when there is no entry.
   */
  getSecret(service: string, username: string, options?: CallOptions): Promise<Uint8Array | null>;

  /**
   * Reads an entry in the form in which it can be stored again: its password, where `setPassword`
   * would store the same bytes, else its bytes, for `setSecret`. Missing where every text is stored
   * as UTF-8, so that the bytes alone tell.
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
   * Creates an entry of these very bytes, or replaces what it holds.
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
   * Where two keyrings find entries at the same place, they are one, whatever each calls it. Missing
   * where no other program keeps entries in the store.
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
   * @param options The service to keep to, and the call's options.
   * @returns The entries; empty when there are none.
   */
  list(options?: ListOptions): Promise<EntryInfo[]>;

  /**
   * Removes what interrupted writes left behind; missing where these leave nothing.
   *
   * @param options How old it must be, and the call's options.
   * @returns How many leftovers were removed.
   */
  prune?(options?: PruneOptions): Promise<number>;

  /**
   * Tells whether there is an entry; missing where the store knows it no sooner than by its list.
   *
   * @param service The service that the entry belongs to; not empty.
   * @param username The account name; exact, may be empty.
   * @param options The call's options.
   * @returns Whether there is one.
   */
  has?(service: string, username: string, options?: CallOptions): Promise<boolean>;

  /**
   * Tells which of many entries there are; missing where the store knows it no sooner than by asking
   * for each, or by its list.
   *
   * @param entries The names of the entries.
   * @param options The call's options.
   * @returns Whether there is one, for each of them, in their order.
   */
  hasEach?(
    entries: readonly Pick<EntryInfo, "service" | "username">[],
    options?: CallOptions,
  ): Promise<boolean[]>;

  /**
   * Checks many entries before the first is stored: those that the store cannot hold, or could not
   * beside the others; missing where that is found out only by storing them.
   *
   * @param entries The names of the entries, in the order in which they will be stored.
   * @param options The call's options.
   * @returns Why it refuses it, or `undefined`, for each of them, in their order.
   */
  checkEach?(
    entries: readonly Pick<EntryInfo, "service" | "username">[],
    options?: CallOptions,
  ): Promise<(Error | undefined)[]>;

  /**
   * Gives one key to all names that the store takes for the same entry, such as `Svc` and `svc` in
   * Windows; missing where each two names are two entries.
   *
   * @param service The service.
   * @param username The username.
   * @returns The key, which means nothing outside this keyring.
   */
  keyOf?(service: string, username: string): string;

  /**
   * Works on many entries at once; missing where the store gains nothing by it. The store is opened
   * at the first call, and saved once, after the work, if the work changed anything. When the work
   * fails, either nothing of it is saved, as by the encrypted file, or all that it had changed.
   *
   * @param work The work, on the keyring that it is given and no other.
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
 * Tells whether a value has the shape of a {@linkcode Keyring}.
 *
 * @param value Anything, such as what a module of the user's exports.
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

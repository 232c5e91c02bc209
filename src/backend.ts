import type { EntryInfo, TextEncoding } from "./keyring.ts";

/** The names of an entry. */
export interface Entry {
  /** The service that it belongs to. */
  service: string;
  /** The account name; may be empty. */
  username: string;
  /**
   * Whether it is a part of a large secret. Its names are never reused, and its old value is not
   * needed: `write` and `remove` need not look for it, and may return none.
   */
  isPart?: true;
}

/** What an entry holds. */
export interface Secret {
  /** The bytes; the keyring above overwrites them after use. */
  bytes: Uint8Array;
  /** Whether they were given as text or as bytes, if the store records that. */
  kind?: "text" | "bytes";
  /** How it encodes text, if the store or the caller knows and `kind` does not determine it. */
  encoding?: TextEncoding;
}

/** The longest names that a store can hold, and characters that it cannot. */
export interface NameLimits {
  /** The unit of the lengths: bytes of UTF-8, or UTF-16 code units. */
  unit: "bytes" | "characters";
  /** The longest service. */
  service: number;
  /** The longest username. */
  username: number;
  /** Characters that the store cannot hold, besides NUL, each with the name that the error uses. */
  forbidden?: Record<string, string>;
  /** Characters that the store loses at the start of a name, in the same form. */
  forbiddenStart?: Record<string, string>;
}

/** How a store encodes text. */
export interface TextForm {
  /** Encodes well-formed text. */
  encode(text: string): Uint8Array;
  /** Decodes the bytes of an entry; `undefined` if they are not text. */
  decode(secret: Secret): string | undefined;
}

/**
 * A store, with the narrowest possible interface: it reads, writes, removes and lists the bytes of
 * entries. A `StoreKeyring` turns it into a keyring and does everything else: it checks names against
 * the limits, encodes text, copies and overwrites secrets, cuts large ones into parts, and turns each
 * `Failure` into the error that names the operation and the entry.
 *
 * A method rejects with a `Failure`, or with the reason of the aborted signal.
 *
 * @example Keep one entry
 * ```ts
 * import { type Backend, StoreKeyring } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * let stored: Uint8Array | undefined;
 * const backend: Backend = {
 *   name: "One entry",
 *   limits: { unit: "bytes", service: 100, username: 100 },
 *   read: () => Promise.resolve(stored ? { bytes: stored.slice() } : null),
 *   write: (_entry, { bytes }) => {
 *     stored = bytes.slice();
 *     return Promise.resolve([]);
 *   },
 *   remove: () => {
 *     const removed = stored ? [] : null;
 *     stored = undefined;
 *     return Promise.resolve(removed);
 *   },
 *   list: () => Promise.resolve([]),
 * };
 *
 * const keyring = new StoreKeyring(backend);
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * assertEquals(await keyring.getPassword("my_app", "alice"), "correct horse");
 * ```
 */
export interface Backend {
  /** The store's name as its system calls it. */
  readonly name: string;
  /** The names that it can hold. */
  readonly limits: NameLimits;
  /**
   * The maximum size of one entry with any content, in bytes, for a service of up to 128 bytes and a
   * username of up to 512; missing if there is no limit.
   */
  readonly maxSecretBytes?: number;
  /**
   * The maximum size of a secret that is stored in parts, in bytes; missing if none is. The names of
   * parts contain spaces and slashes.
   */
  readonly maxLargeSecretBytes?: number;
  /**
   * How long a call of the keyring may take, in milliseconds, before its signal is aborted. Missing
   * if no call can hang, or if the store has its own time limits.
   */
  readonly timeoutMs?: number;
  /** How many concurrent calls it is made for; missing if sequential calls are as fast. */
  readonly concurrency?: number;
  /** How it encodes text; UTF-8 by default. */
  readonly text?: TextForm;

  /** Reads an entry; `null` if there is none. */
  read(entry: Entry, signal?: AbortSignal): Promise<Secret | null>;

  /**
   * Creates or replaces an entry. Whatever happens, it holds the old secret or the new one. A secret
   * that is too large is refused with a `Failure` of the kind `"too-large"` before anything is
   * written.
   *
   * @returns The values that were replaced; a store that never stores parts may return none.
   */
  write(entry: Entry, secret: Secret, signal?: AbortSignal): Promise<Uint8Array[]>;

  /**
   * Removes an entry.
   *
   * @returns The values that were removed, as for `write`; `null` if there was no entry.
   */
  remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null>;

  /** Lists the entries, or those of one service, in any order. */
  list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]>;

  /**
   * Finds a username of a service; `null` if it has none. For a store that has a faster way than
   * listing, or that prefers one.
   */
  findUsername?(service: string, signal?: AbortSignal): Promise<string | null>;

  /** Returns whether there is an entry. For a store that has a faster way than listing. */
  has?(entry: Entry, signal?: AbortSignal): Promise<boolean>;

  /**
   * Finds out where an entry is, in the store's own terms, such as the paths of items: all places
   * that removing it would empty; none if there is no entry, or if only another store behind this one
   * has it. For a store in which several programs keep entries, each in its own way.
   */
  locate?(entry: Entry, signal?: AbortSignal): Promise<string[]>;

  /**
   * Returns which of many entries exist, in the same order. For a store that has a faster way than
   * asking for each, and that may be too large to list.
   */
  hasEach?(entries: readonly Entry[], signal?: AbortSignal): Promise<boolean[]>;

  /**
   * Finds out which of many entries could not be stored, one after the other, and why. For a store
   * that refuses more names than its limits do, or that has no room for some beside others.
   */
  checkEach?(
    entries: readonly Entry[],
    signal?: AbortSignal,
  ): Promise<(Error | undefined)[]>;

  /** Gives one key to all names that the store takes for the same entry. */
  keyOf?(entry: Entry): string;

  /**
   * Works on many entries. For a store that is expensive to open or save: it is opened at the first
   * call, and saved once, after the work, if the work changed anything. If the work fails, either
   * nothing is saved, or everything that it had changed.
   */
  batch?<T>(work: (backend: Backend) => Promise<T>, signal?: AbortSignal): Promise<T>;

  /** Removes what writes interrupted at least `graceMs` ago left behind; returns how many leftovers. */
  prune?(graceMs: number, signal?: AbortSignal): Promise<number>;
}

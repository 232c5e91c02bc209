import type { EntryInfo, TextEncoding } from "./keyring.ts";

/** The names of an entry. */
export interface Entry {
  /** The service that it belongs to. */
  service: string;
  /** The account name; may be empty. */
  username: string;
  /**
   * Whether it is a part of a large secret. Its names are never used twice, and what it held is of no
   * use: `write` and `remove` need not look for it, and may return none.
   */
  isPart?: true;
}

/** What an entry holds. */
export interface Secret {
  /** The bytes; the keyring above overwrites them after use. */
  bytes: Uint8Array;
  /** Whether they were given as text or as bytes, where the store keeps that. */
  kind?: "text" | "bytes";
  /** How it encodes text, where the store or the caller knows that and `kind` does not tell. */
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
  /** Characters that the store loses at the start of a name, likewise. */
  forbiddenStart?: Record<string, string>;
}

/** How a store encodes text. */
export interface TextForm {
  /** Encodes well-formed text. */
  encode(text: string): Uint8Array;
  /** Decodes what an entry holds; `undefined` when that is not text. */
  decode(secret: Secret): string | undefined;
}

/**
 * A store, as narrow as one can be: it reads, writes, removes and lists the bytes of entries. A
 * `StoreKeyring` makes a keyring of it, and does everything else: it checks names against the
 * limits, encodes text, copies and overwrites secrets, cuts large ones into parts, and turns each
 * `Failure` into the error that names the operation and the entry.
 *
 * A method rejects with a `Failure`, or with the reason of the signal that was aborted.
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
   * The most bytes, whatever they are, that one entry holds under a service of up to 128 bytes and
   * a username of up to 512; missing where there is no limit.
   */
  readonly maxSecretBytes?: number;
  /**
   * The most bytes of a secret that is cut into parts; missing where none is. The names of parts have
   * spaces and slashes.
   */
  readonly maxLargeSecretBytes?: number;
  /**
   * How long a call of the keyring may take, in milliseconds: then its signal is aborted. Missing
   * where no call can hang, or where the store has limits of its own.
   */
  readonly timeoutMs?: number;
  /** How many calls at once it is made for; missing where one after the other is as well. */
  readonly concurrency?: number;
  /** How it encodes text; UTF-8 by default. */
  readonly text?: TextForm;

  /** Reads an entry; `null` when there is none. */
  read(entry: Entry, signal?: AbortSignal): Promise<Secret | null>;

  /**
   * Creates or replaces an entry. Whatever happens, it holds the old secret or the new one. One that
   * is too large is refused with a `Failure` of the kind `"too-large"` before anything is written.
   *
   * @returns The values that were replaced; a store that is never given parts may return none.
   */
  write(entry: Entry, secret: Secret, signal?: AbortSignal): Promise<Uint8Array[]>;

  /**
   * Removes an entry.
   *
   * @returns The values that were removed, as of `write`; `null` when there was no entry.
   */
  remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null>;

  /** Lists the entries, or those of one service, in any order. */
  list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]>;

  /**
   * Finds a username of a service; `null` when it has none. For a store that knows one sooner than
   * by listing, or that prefers one.
   */
  findUsername?(service: string, signal?: AbortSignal): Promise<string | null>;

  /** Tells whether there is an entry. For a store that knows it sooner than by listing. */
  has?(entry: Entry, signal?: AbortSignal): Promise<boolean>;

  /**
   * Finds out where an entry is, in the store's own terms, such as the paths of items: all that
   * removing it would empty; none where there is no entry, or only another store behind this one has
   * it. For a store in which several programs keep entries, each in its own way.
   */
  locate?(entry: Entry, signal?: AbortSignal): Promise<string[]>;

  /**
   * Tells which of many entries there are, in their order. For a store that knows it sooner than by
   * asking for each, and that may be too large to be listed.
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
   * Works on many entries. For a store whose opening or saving costs much: it is opened at the first
   * call, and saved once, after the work, if the work changed anything. When the work fails, nothing
   * of it is saved, or all that it had changed.
   */
  batch?<T>(work: (backend: Backend) => Promise<T>, signal?: AbortSignal): Promise<T>;

  /** Removes what writes left that were interrupted `graceMs` ago; returns how many leftovers. */
  prune?(graceMs: number, signal?: AbortSignal): Promise<number>;
}

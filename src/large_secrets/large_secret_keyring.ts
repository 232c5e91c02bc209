import { copySecret, decodePassword, encodePassword, type EntryDetails } from "../entry.ts";
import {
  KeyringError,
  KeyringLockedError,
  KeyringTimeoutError,
  operationError,
  SecretTooLargeError,
} from "../errors.ts";
import { GRACE_MS } from "./grace.ts";
import type {
  CallOptions,
  Credential,
  EntryInfo,
  Keyring,
  ListOptions,
  PruneOptions,
} from "../keyring.ts";
import { decodeHead, type Head, headText } from "./manifest.ts";
import { hashOf, isReserved } from "./names.ts";
import { removeParts } from "./parts.ts";
import { type ReadDetails, readWhole } from "./read.ts";
import { retell } from "./retell.ts";
import { sweep } from "./leftovers.ts";
import { findHead, type LargeSecret, writeLarge } from "./write.ts";
import { listening } from "../replaced.ts";

/** What {@linkcode LargeSecretKeyring} accepts. */
export interface LargeSecretOptions {
  /**
   * The most bytes of a secret that is stored in parts. By default 42,000 where an entry holds at
   * most 2560, for such a store is small as a whole, and 1 MiB elsewhere.
   */
  limit?: number;
}

const SMALL_STORE = { entry: 2560, limit: 42_000 };
const LARGE_LIMIT = 1024 * 1024;

/**
 * A keyring that holds large secrets in a store that only holds small ones, such as the Windows
 * Credential Manager with its 2560 bytes.
 *
 * A secret that fits is stored as before, so that other programs find it. A larger one is cut into
 * parts, which are entries of their own; one last write of the entry itself makes them valid. Who
 * reads meanwhile, or after a crash, gets the old secret or the new one, checked by its SHA-256, or
 * a `CorruptSecretError`. `list` leaves the parts out.
 *
 * Text that was too large for one entry is UTF-8 for `getSecret`, on every store.
 *
 * @example Store a large token
 * ```ts
 * import { MemoryKeyring } from "@os-keyring/keyring";
 * import { LargeSecretKeyring } from "@os-keyring/keyring/backends";
 * import { assertEquals } from "@std/assert";
 *
 * const keyring = new LargeSecretKeyring(new MemoryKeyring());
 * await keyring.setPassword("my_app", "alice", "made-up".repeat(1000));
 * assertEquals(await keyring.getPassword("my_app", "alice"), "made-up".repeat(1000));
 * ```
 */
export class LargeSecretKeyring implements Keyring {
  /** The name of the store within. */
  readonly name: string;
  /** The most bytes of a secret. */
  readonly maxSecretBytes: number;
  readonly #inner: Keyring;

  /**
   * Wraps a keyring; nothing is opened before the first call.
   *
   * @param inner The store, which tells what fits by its `maxSecretBytes`.
   * @param options The largest secret.
   */
  constructor(inner: Keyring, options: LargeSecretOptions = {}) {
    const small = (inner.maxSecretBytes ?? Infinity) <= SMALL_STORE.entry;
    const limit = options.limit ?? (small ? SMALL_STORE.limit : LARGE_LIMIT);
    if (!Number.isSafeInteger(limit) || limit < 0) {
      throw new TypeError("The limit must be a whole number of bytes");
    }
    this.#inner = inner;
    this.name = inner.name;
    this.maxSecretBytes = limit;
  }

  /** Reads a password. */
  async getPassword(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<string | null> {
    const details = { operation: "get", service, username } as const;
    refuseReserved(details);
    const read = () => this.#inner.getPassword(service, username, options);
    const found = await readWhole(this.#inner, details, read, headText, options?.signal);
    return found instanceof Uint8Array ? decodeAndWipe(found, details) : found;
  }

  /** Reads the bytes of an entry; those of a large text are UTF-8. */
  async getSecret(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<Uint8Array | null> {
    const details = { operation: "get", service, username } as const;
    refuseReserved(details);
    const read = () => this.#inner.getSecret(service, username, options);
    return await readWhole(this.#inner, details, read, headText, options?.signal);
  }

  /** Reads a username with its password. */
  async getCredential(
    service: string,
    username?: string | null,
    options?: CallOptions,
  ): Promise<Credential | null> {
    const details = { operation: "get", service, username: username ?? undefined } as const;
    refuseReserved(details);
    let found: string | undefined;
    const read = async () => {
      const credential = await this.#inner.getCredential(service, username, options);
      found = credential?.username;
      return credential;
    };
    const textOf = ({ password }: Credential) => headText(password);
    const value = await readWhole(this.#inner, details, read, textOf, options?.signal);
    if (!(value instanceof Uint8Array)) return value;
    return { username: found ?? "", password: decodeAndWipe(value, details) };
  }

  /** Stores a password, in parts when it is too large for one entry. */
  async setPassword(
    service: string,
    username: string,
    password: string,
    options: CallOptions = {},
  ): Promise<void> {
    const details = { operation: "set", service, username } as const;
    refuseReserved(details);
    const secret = encodePassword(password, details);
    const write = (options: CallOptions) =>
      this.#inner.setPassword(service, username, password, options);
    await this.#set(details, { secret, kind: "text" }, write, options);
  }

  /** Stores bytes, in parts when they are too many for one entry. */
  async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options: CallOptions = {},
  ): Promise<void> {
    const details = { operation: "set", service, username } as const;
    refuseReserved(details);
    const copy = copySecret(secret);
    const write = (options: CallOptions) => this.#inner.setSecret(service, username, copy, options);
    await this.#set(details, { secret: copy, kind: "bytes" }, write, options);
  }

  /** Deletes an entry with its parts. */
  async deletePassword(
    service: string,
    username: string,
    options: CallOptions = {},
  ): Promise<void> {
    const details = { operation: "delete", service, username } as const;
    refuseReserved(details);
    const watch = await this.#watch(details, options);
    await this.#inner.deletePassword(service, username, watch.options);
    await this.#discard(details, watch.heads, options.signal);
  }

  /** Lists the entries, without the parts of large secrets. */
  async list(options?: ListOptions): Promise<EntryInfo[]> {
    const entries = await this.#inner.list(options);
    return entries.filter(({ service }) => !isReserved(service));
  }

  /** Removes what interrupted writes and deletes left behind. */
  async prune(options: PruneOptions = {}): Promise<number> {
    const { graceMs = GRACE_MS, signal } = options;
    const parts = await sweep(this.#inner, { graceMs, prefix: "", signal });
    return parts + (await this.#inner.prune?.(options) ?? 0);
  }

  async #set(
    details: EntryDetails,
    value: LargeSecret,
    write: (options: CallOptions) => Promise<void>,
    options: CallOptions,
  ): Promise<void> {
    try {
      const watch = await this.#watch(details, options);
      // What looks like a head would be read as one.
      const plain = headText(value.secret) === undefined && await fits(() => write(watch.options));
      if (!plain) await this.#setLarge(details, value, watch.options);
      await this.#discard(details, watch.heads, options.signal);
    } finally {
      value.secret.fill(0);
    }
  }

  async #setLarge(
    details: EntryDetails,
    value: LargeSecret,
    options: CallOptions,
  ): Promise<void> {
    const size = value.secret.length;
    if (size > this.maxSecretBytes) {
      throw new SecretTooLargeError(size, this.maxSecretBytes, details);
    }
    await writeLarge(this.#inner, details, value, options);
    const prefix = `${await hashOf(details.service, details.username)}/`;
    // The secret is stored: that older leftovers could not be removed is no failure of this call.
    const { signal } = options;
    await sweep(this.#inner, { graceMs: GRACE_MS, prefix, signal }).catch(ignore);
  }

  async #watch(
    details: EntryDetails,
    options: CallOptions,
  ): Promise<{ heads: Head[]; options: CallOptions }> {
    const heads: Head[] = [];
    const listened = listening(this.#inner, options, (old) => {
      const head = headIn(old, details);
      if (head) heads.push(head);
    });
    if (listened) return { heads, options: listened };
    const head = await this.#oldHead(details, options.signal);
    return { heads: head ? [head] : [], options };
  }

  // Where it cannot be read, the write or delete itself tells why; at worst parts are left behind.
  // Only what the user would have to refuse or to wait for a second time is not tried again.
  async #oldHead(details: EntryDetails, signal?: AbortSignal): Promise<Head | undefined> {
    try {
      return await findHead(this.#inner, details, signal);
    } catch (error) {
      const again = error instanceof KeyringLockedError || error instanceof KeyringTimeoutError;
      if (error instanceof KeyringError && !again) return undefined;
      throw retell(error, details);
    }
  }

  // A head that was copied from another entry names parts that are not this one's.
  async #discard(
    { service, username }: EntryDetails,
    heads: Head[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const head of heads) {
      if (!head.id.startsWith(`${await hashOf(service, username)}/`)) continue;
      await removeParts(this.#inner, head, signal);
    }
  }
}

/** The head among what a store replaces; a damaged one names no parts. */
function headIn(old: Uint8Array, details: EntryDetails): Head | undefined {
  const text = headText(old);
  try {
    return text === undefined ? undefined : decodeHead(text, details);
  } catch {
    return undefined;
  }
}

async function fits(write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof SecretTooLargeError) return false;
    throw error;
  }
}

function refuseReserved(
  details: EntryDetails | ReadDetails,
): void {
  if (typeof details.service !== "string" || !isReserved(details.service)) return;
  throw operationError("the service is one that this library keeps parts of large secrets in", {
    ...details,
    advice: "Use another service.",
  });
}

function decodeAndWipe(secret: Uint8Array, details: { operation: "get" }): string {
  try {
    return decodePassword(secret, details);
  } finally {
    secret.fill(0);
  }
}

function ignore(): void {}

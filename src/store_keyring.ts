import type { Backend, Entry, Secret, TextForm } from "./backend.ts";
import { errorOf, Failure, type KeyringErrorDetails, operationError } from "./errors.ts";
import {
  type CallOptions,
  compareEntries,
  type Credential,
  type DeleteOptions,
  type EntryInfo,
  type Keyring,
  type ListOptions,
  type PruneOptions,
  type TextEncoding,
  type TextOptions,
} from "./keyring.ts";
import { canHold, checkEncoding, checkNames, checkPassword, copySecret, UTF8 } from "./checks.ts";
import { equal, wipeAll } from "./lib/bytes.ts";
import type { Found } from "./large_secrets/large_secrets.ts";
import { isManifest, isReserved } from "./large_secrets/marks.ts";

type EntryDetails = KeyringErrorDetails & Entry;

/**
 * The {@linkcode Keyring} over a `Backend`: every store of this library is one, and yours can be one,
 * too.
 *
 * @example Make a keyring from a backend
 * ```ts
 * import { type Backend, StoreKeyring } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * const empty: Backend = {
 *   name: "Empty",
 *   limits: { unit: "bytes", service: 100, username: 100 },
 *   read: () => Promise.resolve(null),
 *   write: () => Promise.resolve([]),
 *   remove: () => Promise.resolve(null),
 *   list: () => Promise.resolve([]),
 * };
 * assertEquals(await new StoreKeyring(empty).getPassword("my_app", "alice"), null);
 * ```
 */
export class StoreKeyring implements Keyring {
  /** The store's name. */
  readonly name: string;
  /** The maximum size of a secret in bytes; missing if there is no limit. */
  declare readonly maxSecretBytes?: number;
  /** How many concurrent calls it is made for; missing if sequential calls are as fast. */
  declare readonly concurrency?: number;
  /** Returns whether there is an entry, if the store has a faster way than listing. */
  declare readonly has?: NonNullable<Keyring["has"]>;
  /** Finds out where an entry is, if other programs keep theirs in the same store. */
  declare readonly locate?: NonNullable<Keyring["locate"]>;
  /** Returns which of many entries exist, if the store can answer for all at once. */
  declare readonly hasEach?: NonNullable<Keyring["hasEach"]>;
  /** Reads an entry in the form in which it can be stored again, if text is not always UTF-8. */
  declare readonly getPasswordOrSecret?: NonNullable<Keyring["getPasswordOrSecret"]>;
  /** Works on many entries at once, if the store benefits from it. */
  declare readonly batch?: NonNullable<Keyring["batch"]>;
  /** Removes what interrupted writes left behind, if they leave anything. */
  declare readonly prune?: NonNullable<Keyring["prune"]>;
  readonly #backend: Backend;
  readonly #text: TextForm;
  readonly #hasParts: boolean;

  /**
   * Makes the keyring; nothing is opened before the first call.
   *
   * @param backend The store.
   */
  constructor(backend: Backend) {
    this.name = backend.name;
    this.#backend = backend;
    this.#text = backend.text ?? UTF8;
    this.#hasParts = backend.maxLargeSecretBytes !== undefined;
    const most = backend.maxLargeSecretBytes ?? backend.maxSecretBytes;
    if (most !== undefined) this.maxSecretBytes = most;
    if (backend.concurrency !== undefined) this.concurrency = backend.concurrency;
    if (backend.has) {
      this.has = (service, username, options) => this.#has(service, username, options);
    }
    if (backend.locate) {
      this.locate = (service, username, options) => this.#locate(service, username, options);
    }
    if (backend.hasEach) this.hasEach = (entries, options) => this.#hasEach(entries, options);
    if (backend.text) {
      this.getPasswordOrSecret = (service, username, options) =>
        this.#getEither(service, username, options);
    }
    if (backend.batch) this.batch = (work, options) => this.#batch(work, options);
    if (backend.prune || this.#hasParts) this.prune = (options) => this.#prune(options);
  }

  /** Reads a password; see `Keyring.getPassword`. */
  async getPassword(
    service: string,
    username: string,
    options?: TextOptions,
  ): Promise<string | null> {
    const details: EntryDetails = { operation: "get", service, username };
    return await this.#run(details, options, async (signal) => {
      const encoding = checkEncoding(options?.encoding);
      const secret = await this.#read(details, signal);
      return secret && this.#decode(secret, details, encoding);
    });
  }

  /** Stores a password; see `Keyring.setPassword`. */
  async setPassword(
    service: string,
    username: string,
    password: string,
    options?: TextOptions,
  ): Promise<void> {
    const details: EntryDetails = { operation: "set", service, username };
    await this.#run(details, options, async (signal) => {
      checkPassword(password, details);
      const encoding = checkEncoding(options?.encoding);
      const text = { bytes: this.#text.encode(password), kind: "text" } as const;
      const secret = encoding ? { ...text, encoding } : text;
      await this.#write(details, secret, () => UTF8.encode(password), signal);
    });
  }

  /** Deletes an entry; see `Keyring.deletePassword`. */
  async deletePassword(
    service: string,
    username: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    const details: EntryDetails = { operation: "delete", service, username };
    await this.#run(details, options, async (signal) => {
      const removed = await this.#backend.remove(details, signal).catch((error) => {
        if (options.missingOk && error instanceof Failure && error.kind === "missing") return null;
        throw error;
      });
      await this.#discard(details, removed ?? [], signal);
      if (removed || options.missingOk) return;
      throw operationError("there is no such entry", details);
    });
  }

  /** Reads a username and its password; see `Keyring.getCredential`. */
  async getCredential(
    service: string,
    username?: string | null,
    options?: TextOptions,
  ): Promise<Credential | null> {
    const details: KeyringErrorDetails = { operation: "get", service };
    if (username !== undefined && username !== null) details.username = username;
    return await this.#run(details, options, async (signal) => {
      const encoding = checkEncoding(options?.encoding);
      const found = username ?? await this.#findUsername(service, signal);
      if (found === null) return null;
      details.username = found;
      const secret = await this.#read({ service, username: found }, signal);
      return secret && { username: found, password: this.#decode(secret, details, encoding) };
    });
  }

  /** Reads the bytes of an entry; see `Keyring.getSecret`. */
  async getSecret(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<Uint8Array | null> {
    const details: EntryDetails = { operation: "get", service, username };
    return await this.#run(details, options, async (signal) => {
      return (await this.#read(details, signal))?.bytes ?? null;
    });
  }

  /** Stores bytes; see `Keyring.setSecret`. */
  async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void> {
    const details: EntryDetails = { operation: "set", service, username };
    const bytes = copySecret(secret);
    try {
      await this.#run(details, options, async (signal) => {
        await this.#write(details, { bytes, kind: "bytes" }, () => bytes, signal);
      });
    } finally {
      bytes.fill(0);
    }
  }

  /** Lists the entries; see `Keyring.list`. */
  async list(options: ListOptions = {}): Promise<EntryInfo[]> {
    const { service } = options;
    return await this.#run({ operation: "list", service }, options, async (signal) => {
      return await this.#list(service, signal);
    });
  }

  /** Gives one key to all names that the store takes for the same entry; see `Keyring.keyOf`. */
  keyOf(service: string, username: string): string {
    return this.#backend.keyOf?.({ service, username }) ?? JSON.stringify([service, username]);
  }

  /** Checks many entries before the first is stored; see `Keyring.checkEach`. */
  async checkEach(
    entries: readonly Entry[],
    options?: CallOptions,
  ): Promise<(Error | undefined)[]> {
    return await this.#run({ operation: "list" }, options, async (signal) => {
      const found = await this.#backend.checkEach?.(entries, signal) ?? [];
      return entries.map(({ service, username }, index) => {
        const details: EntryDetails = { operation: "set", service, username };
        try {
          this.#checkNames(details);
        } catch (error) {
          return error as Error;
        }
        const failure = found[index];
        return failure instanceof Failure ? errorOf(failure, details) : failure;
      });
    });
  }

  async #has(service: string, username: string, options?: CallOptions): Promise<boolean> {
    const details: EntryDetails = { operation: "get", service, username };
    return await this.#run(details, options, async (signal) => {
      return await this.#backend.has?.(details, signal) ?? false;
    });
  }

  async #locate(service: string, username: string, options?: CallOptions): Promise<string[]> {
    const details: EntryDetails = { operation: "get", service, username };
    return await this.#run(details, options, async (signal) => {
      return await this.#backend.locate?.(details, signal) ?? [];
    });
  }

  async #hasEach(
    entries: readonly Entry[],
    options?: CallOptions,
  ): Promise<boolean[]> {
    return await this.#run({ operation: "list" }, options, async (signal) => {
      for (const { service, username } of entries) {
        checkNames({ operation: "get", service, username }, this.#backend.limits);
      }
      return await this.#backend.hasEach?.(entries, signal) ?? [];
    });
  }

  async #getEither(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<string | Uint8Array | null> {
    const details: EntryDetails = { operation: "get", service, username };
    return await this.#run(details, options, async (signal) => {
      const secret = await this.#read(details, signal);
      return secret && this.#either(secret);
    });
  }

  #either(secret: Found): string | Uint8Array {
    const text = (secret.text ?? this.#text).decode(secret);
    if (text === undefined) return secret.bytes;
    const again = this.#text.encode(text);
    // In parts is only text that no entry holds.
    const isSame = secret.text
      ? again.length > (this.#backend.maxSecretBytes ?? 0)
      : equal(again, secret.bytes);
    again.fill(0);
    if (!isSame) return secret.bytes;
    secret.bytes.fill(0);
    return text;
  }

  // Without a time limit: each call within has its own.
  async #batch<T>(
    work: (keyring: Keyring) => Promise<T>,
    { signal }: CallOptions = {},
  ): Promise<T> {
    const backend = this.#backend;
    signal?.throwIfAborted();
    try {
      const inBatch = (opened: Backend) => work(new StoreKeyring(opened));
      return backend.batch ? await backend.batch(inBatch, signal) : await work(this);
    } catch (error) {
      // The calls within report their own failures; what is left is the saving.
      throw error instanceof Failure ? errorOf(error, { operation: "set" }) : error;
    }
  }

  async #prune(options: PruneOptions = {}): Promise<number> {
    return await this.#run({ operation: "list" }, options, async (signal) => {
      const { LEFTOVER_AGE_MS, sweep } = await import("./large_secrets/leftovers.ts");
      const graceMs = options.graceMs ?? LEFTOVER_AGE_MS;
      const parts = this.#hasParts ? await sweep(this.#backend, graceMs, "", signal) : 0;
      return parts + (await this.#backend.prune?.(graceMs, signal) ?? 0);
    });
  }

  async #read(entry: Entry, signal: AbortSignal | undefined): Promise<Found | null> {
    const held = await this.#backend.read(entry, signal);
    // A manifest is stored as bytes.
    if (!this.#hasParts || !held || held.kind === "text" || !isManifest(held.bytes)) return held;
    const { readLarge } = await import("./large_secrets/large_secrets.ts");
    return await readLarge(this.#backend, entry, held, signal);
  }

  async #write(
    entry: Entry,
    secret: Secret & { kind: "text" | "bytes" },
    encodeLarge: () => Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      const replaced = await this.#writeIfItFits(entry, secret, signal);
      if (replaced) return await this.#discard(entry, replaced, signal);
      await this.#writeLarge(entry, { bytes: encodeLarge(), kind: secret.kind }, signal);
    } finally {
      secret.bytes.fill(0);
    }
  }

  async #writeLarge(
    entry: Entry,
    secret: Required<Omit<Secret, "encoding">>,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      const { writeLarge } = await import("./large_secrets/large_secrets.ts");
      await writeLarge(this.#backend, entry, secret, signal);
    } finally {
      secret.bytes.fill(0);
    }
  }

  async #writeIfItFits(
    entry: Entry,
    secret: Secret,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array[] | undefined> {
    // It would be read as one.
    if (this.#hasParts && isManifest(secret.bytes)) return undefined;
    try {
      return await this.#backend.write(entry, secret, signal);
    } catch (error) {
      if (this.#hasParts && error instanceof Failure && error.kind === "too-large") {
        return undefined;
      }
      throw error;
    }
  }

  /** Overwrites values that were replaced or removed, and removes the parts that they name. */
  async #discard(entry: Entry, values: Uint8Array[], signal?: AbortSignal): Promise<void> {
    if (this.#hasParts && values.some(isManifest)) {
      const { discard } = await import("./large_secrets/large_secrets.ts");
      await discard(this.#backend, entry, values, signal);
    }
    wipeAll(values);
  }

  async #list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    const entries = await this.#backend.list(service, signal);
    const own = this.#hasParts ? entries.filter((entry) => !isReserved(entry.service)) : entries;
    return own.sort(compareEntries);
  }

  async #findUsername(service: string, signal?: AbortSignal): Promise<string | null> {
    if (this.#backend.findUsername) return await this.#backend.findUsername(service, signal);
    const entries = await this.#list(service, signal);
    // Another program's entry may have names that no call can take.
    return entries.find((entry) => canHold(this.#backend.limits, entry))?.username ?? null;
  }

  #decode(secret: Found, details: KeyringErrorDetails, encoding?: TextEncoding): string {
    try {
      const text = (secret.text ?? this.#text).decode(encoding ? { encoding, ...secret } : secret);
      if (text !== undefined) return text;
    } finally {
      secret.bytes.fill(0);
    }
    const advice = "Read it with getSecret.";
    throw operationError("the entry holds bytes that are not text", { ...details, advice });
  }

  #checkNames(details: KeyringErrorDetails): void {
    checkNames(details, this.#backend.limits);
    if (this.#hasParts) refuseReserved(details);
  }

  // Async from its start, so that a refusal is a rejection.
  async #run<T>(
    details: KeyringErrorDetails,
    { signal }: CallOptions = {},
    work: (signal: AbortSignal | undefined) => Promise<T>,
  ): Promise<T> {
    await Promise.resolve();
    signal?.throwIfAborted();
    this.#checkNames(details);
    try {
      return await withTimeLimit(this.#backend.timeoutMs, signal, work);
    } catch (error) {
      throw error instanceof Failure ? errorOf(error, details) : error;
    }
  }
}

async function withTimeLimit<T>(
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  if (timeoutMs === undefined) return await work(signal);
  const limit = new AbortController();
  const late = () => new Failure("timeout", `no answer came in time (${timeoutMs / 1000} s)`);
  const timer = setTimeout(() => limit.abort(late()), timeoutMs);
  try {
    return await work(signal ? AbortSignal.any([signal, limit.signal]) : limit.signal);
  } finally {
    clearTimeout(timer);
  }
}

function refuseReserved(details: KeyringErrorDetails): void {
  const { operation, service } = details;
  if (operation === "list" || service === undefined || !isReserved(service)) return;
  throw operationError("the service is one that this library keeps parts of large secrets in", {
    ...details,
    advice: "Use another service.",
  });
}

// A store in memory with the limits of a real one, shared by processes that can be stopped, made to
// fail or ended at each call.

import { checkNames, noSuchEntry } from "../../src/entry.ts";
import { PasswordSetError, SecretTooLargeError } from "../../src/errors.ts";
import {
  type CallOptions,
  compareEntries,
  type EntryInfo,
  type ListOptions,
} from "../../src/keyring.ts";
import { listenerOf, tellsReplaced } from "../../src/replaced.ts";
import { Utf8Keyring } from "../../src/utf8_keyring.ts";

const LIMITS = { unit: "bytes", service: 32_768, username: 32_768 } as const;

/** A call that a process is about to make. */
export interface Step {
  /** What it does. */
  operation: "get" | "set" | "delete" | "list";
  /** The service and username of the entry; empty for a list. */
  key: string;
}

/** What becomes of a call: it is made or not, and then the process gets its answer or an error. */
export interface Fate {
  done: boolean;
  error?: Error;
}

/** Decides on each call; may wait. */
export type Gate = (step: Step) => Fate | Promise<Fate>;

/** The entries, which all processes share. */
export class SmallStore {
  readonly entries = new Map<string, Uint8Array>();
  readonly maxSecretBytes: number;
  readonly maxEntries: number;

  constructor({ maxSecretBytes = 2560, maxEntries = Infinity } = {}) {
    this.maxSecretBytes = maxSecretBytes;
    this.maxEntries = maxEntries;
  }

  /** The number of entries that are parts of large secrets. */
  get parts(): number {
    return [...this.entries.keys()].filter((key) => key.startsWith('["os-keyring.chunk/')).length;
  }

  /** The same entries in a store of their own. */
  copy(): SmallStore {
    const copy = new SmallStore(this);
    for (const [key, secret] of this.entries) copy.entries.set(key, secret.slice());
    return copy;
  }
}

/** One process's view of a store. Each call takes effect at once, as one step. */
export class SmallKeyring extends Utf8Keyring {
  override readonly name = "Small";
  readonly maxSecretBytes: number;
  readonly #store: SmallStore;
  readonly #gate: Gate;

  /** One that tells reads an entry in a call of its own before it changes it. */
  constructor(store: SmallStore = new SmallStore(), gate: Gate = always, tells = false) {
    super();
    if (tells) tellsReplaced(this);
    this.#store = store;
    this.#gate = gate;
    this.maxSecretBytes = store.maxSecretBytes;
  }

  override getSecret(service: string, username: string, options?: CallOptions) {
    return this.#call("get", [service, username], options, (key) => {
      return this.#store.entries.get(key)?.slice() ?? null;
    });
  }

  override async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void> {
    const copy = secret.slice();
    const details = { operation: "set", service, username } as const;
    checkNames(details, LIMITS);
    const { entries, maxSecretBytes, maxEntries } = this.#store;
    if (copy.length > maxSecretBytes) {
      throw new SecretTooLargeError(copy.length, maxSecretBytes, details);
    }
    await this.#tell(service, username, options);
    await this.#call("set", [service, username], options, (key) => {
      if (!entries.has(key) && entries.size >= maxEntries) {
        throw new PasswordSetError("the store is full", details);
      }
      entries.set(key, copy);
    });
  }

  override async deletePassword(service: string, username: string, options?: CallOptions) {
    await this.#tell(service, username, options);
    await this.#call("delete", [service, username], options, (key) => {
      if (!this.#store.entries.delete(key)) throw noSuchEntry(service, username);
    });
  }

  async #tell(service: string, username: string, options?: CallOptions): Promise<void> {
    const listener = listenerOf(options);
    const old = listener && await this.getSecret(service, username, options);
    if (old) listener?.(old);
  }

  override list(options: ListOptions = {}): Promise<EntryInfo[]> {
    return this.#call("list", [options.service], options, () => {
      const entries = [...this.#store.entries.keys()].map((key): EntryInfo => {
        const [service = "", username = ""] = JSON.parse(key);
        return { service, username };
      });
      return entries
        .filter(({ service }) => options.service === undefined || options.service === service)
        .sort(compareEntries);
    });
  }

  async #call<T>(
    operation: Step["operation"],
    [service, username]: (string | undefined)[],
    { signal }: CallOptions = {},
    work: (key: string) => T,
  ): Promise<T> {
    await Promise.resolve();
    signal?.throwIfAborted();
    checkNames({ operation, service, username }, LIMITS);
    const key = operation === "list" ? "" : JSON.stringify([service, username]);
    const fate = await this.#gate({ operation, key });
    const result = fate.done ? work(key) : undefined;
    if (fate.error) throw fate.error;
    return result as T;
  }
}

function always(): Fate {
  return { done: true };
}

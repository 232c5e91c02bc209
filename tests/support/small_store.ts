// A store in memory with the limits of a real one, shared by processes that can be stopped, made to
// fail or ended at each call.

import type { EntryInfo } from "../../src/keyring.ts";
import { type Backend, type Entry, Failure, type Secret } from "../../testing.ts";

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
  readonly maxLargeSecretBytes: number;
  readonly maxEntries: number;

  constructor(
    { maxSecretBytes = 2560, maxLargeSecretBytes = 42_000, maxEntries = Infinity } = {},
  ) {
    this.maxSecretBytes = maxSecretBytes;
    this.maxLargeSecretBytes = maxLargeSecretBytes;
    this.maxEntries = maxEntries;
  }

  /** The number of entries that are parts of large secrets. */
  get parts(): number {
    return [...this.entries.keys()].filter((key) => key.startsWith('["os-keyring.chunk/')).length;
  }

  /** The same entries in another store. */
  copy(): SmallStore {
    const copy = new SmallStore(this);
    for (const [key, secret] of this.entries) copy.entries.set(key, secret.slice());
    return copy;
  }
}

/** One process's view of a store. Each step takes effect at once. */
export class SmallBackend implements Backend {
  readonly name = "Small";
  readonly limits = { unit: "bytes", service: 32_768, username: 32_768 } as const;
  readonly maxSecretBytes: number;
  readonly maxLargeSecretBytes: number;
  readonly #store: SmallStore;
  readonly #gate: Gate;
  readonly #readsFirst: boolean;

  /**
   * @param readsFirst Whether it reads what it replaces or removes in a step before that one, as a
   * store does that cannot do both at once.
   */
  constructor(store: SmallStore = new SmallStore(), gate: Gate = always, readsFirst = false) {
    this.#store = store;
    this.#gate = gate;
    this.#readsFirst = readsFirst;
    this.maxSecretBytes = store.maxSecretBytes;
    this.maxLargeSecretBytes = store.maxLargeSecretBytes;
  }

  read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    return this.#step("get", entry, signal, (key) => {
      const bytes = this.#store.entries.get(key)?.slice();
      return bytes ? { bytes } : null;
    });
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const { entries, maxSecretBytes: limit, maxEntries } = this.#store;
    const size = bytes.length;
    if (size > limit) throw new Failure("too-large", "", { size, limit });
    const found = await this.#readOld(entry, signal);
    const replaced = await this.#step("set", entry, signal, (key) => {
      if (!entries.has(key) && entries.size >= maxEntries) {
        throw new Failure("other", "the store is full");
      }
      const old = entries.get(key);
      entries.set(key, bytes.slice());
      return old ? [old] : [];
    });
    return found ?? replaced;
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    const found = await this.#readOld(entry, signal);
    const removed = await this.#step("delete", entry, signal, (key) => {
      const old = this.#store.entries.get(key);
      this.#store.entries.delete(key);
      return old ? [old] : null;
    });
    return removed && (found ?? removed);
  }

  list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    return this.#step("list", undefined, signal, () => {
      const entries = [...this.#store.entries.keys()].map((key): EntryInfo => {
        const [service = "", username = ""] = JSON.parse(key);
        return { service, username };
      });
      return entries.filter((entry) => service === undefined || entry.service === service);
    });
  }

  async #readOld(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | undefined> {
    if (!this.#readsFirst) return undefined;
    const old = entry.isPart ? null : await this.read(entry, signal);
    return old ? [old.bytes] : [];
  }

  async #step<T>(
    operation: Step["operation"],
    entry: Entry | undefined,
    signal: AbortSignal | undefined,
    work: (key: string) => T,
  ): Promise<T> {
    await Promise.resolve();
    signal?.throwIfAborted();
    const key = entry ? JSON.stringify([entry.service, entry.username]) : "";
    const fate = await this.#gate({ operation, key });
    const result = fate.done ? work(key) : undefined;
    if (fate.error) throw fate.error;
    return result as T;
  }
}

function always(): Fate {
  return { done: true };
}

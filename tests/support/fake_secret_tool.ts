// The rules of secret-tool and gnome-keyring in memory, shared by processes that can be ended at
// each run of it.

import type { Attributes, SearchResult } from "../../src/backends/secret_service/search_output.ts";
import { type FirstItem, SecretTool } from "../../src/backends/secret_service/secret_tool.ts";
import { Crash } from "./scheduler.ts";
import type { Gate, Step } from "./small_store.ts";

interface Item {
  label: string;
  attributes: Attributes;
  secret: Uint8Array;
}

/** The items, the newest first. */
export class FakeCollection {
  items: Item[] = [];
  /** Whether an item that is replaced keeps its label, as in KWallet. */
  keepsLabels = false;

  /** The items that have these attributes. */
  find(attributes: Attributes): Item[] {
    return this.items.filter((item) =>
      [...attributes].every(([name, value]) => item.attributes.get(name) === value)
    );
  }

  /** Stores an item in the place of the first that has these attributes. */
  store(item: Item): void {
    const [old] = this.find(item.attributes);
    if (old && this.keepsLabels) item.label = old.label;
    this.items = [item, ...this.items.filter((other) => other !== old)];
  }

  /** The same items in a collection of their own. */
  copy(): FakeCollection {
    const copy = new FakeCollection();
    copy.items = [...this.items];
    copy.keepsLabels = this.keepsLabels;
    return copy;
  }
}

/** One process's secret-tool. Each run of it takes effect at once, as one step. */
export class FakeSecretTool extends SecretTool {
  readonly #collection: FakeCollection;
  readonly #gate: Gate;
  #ended = false;
  #last = Promise.resolve();

  constructor(collection: FakeCollection, gate: Gate = () => ({ done: true })) {
    super("/fake/secret-tool", 1_000);
    this.#collection = collection;
    this.#gate = gate;
  }

  override lookup(attributes: Attributes): Promise<Uint8Array | null> {
    return this.#step("get", () => this.#collection.find(attributes)[0]?.secret.slice() ?? null);
  }

  override search(attributes: Attributes): Promise<SearchResult> {
    return this.#step("get", () => {
      const items = this.#collection.find(attributes).map((item) => item.attributes);
      return { items, locked: false, regular: true };
    });
  }

  override examine(attributes: Attributes, label: string): Promise<FirstItem> {
    return this.#step("get", () => {
      const [first] = this.#collection.find(attributes);
      if (!first) return "missing";
      if (first.secret.length > 0) return "full";
      return first.label === label ? "cut off" : "empty";
    });
  }

  /** Of a process that ends before it has handed over the secret, an empty one is stored. */
  override store(label: string, attributes: Attributes, secret: Uint8Array): Promise<void> {
    const item = { label, attributes, secret: secret.slice() };
    const cutOff = { ...item, secret: new Uint8Array() };
    return this.#step(
      "set",
      () => this.#collection.store(item),
      () => this.#collection.store(cutOff),
    );
  }

  override clear(attributes: Attributes): Promise<boolean> {
    return this.#step("delete", () => {
      const found = this.#collection.find(attributes);
      this.#collection.items = this.#collection.items.filter((item) => !found.includes(item));
      return found.length > 0;
    });
  }

  /** Of two runs that are started at once, the second waits for the first. */
  #step<T>(operation: Step["operation"], work: () => T, cutOff: () => void = () => {}): Promise<T> {
    const run = this.#last.then(async () => {
      // All steps of one name, because an item is found by some of its attributes.
      const fate = await this.#gate({ operation, key: "" });
      const dies = fate.error instanceof Crash && !this.#ended;
      if (dies) this.#ended = true;
      const result = fate.done ? work() : dies ? cutOff() : undefined;
      if (fate.error) throw fate.error;
      return result as T;
    });
    this.#last = run.then(() => {}, () => {});
    return run;
  }
}

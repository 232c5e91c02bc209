import { type EntryDetails, noSuchEntry } from "../../entry.ts";
import { type KeyringErrorDetails, operationError } from "../../errors.ts";
import type { CallOptions } from "../../keyring.ts";
import {
  findChanges,
  forgetOld,
  pruneChanges,
  readChange,
  removeChanges,
  withChange,
} from "./changes.ts";
import { LOCKED } from "./explain.ts";
import type { Names } from "./listing.ts";
import { nextSecond, placeEntry } from "./placement.ts";
import type { Attributes, SearchResult } from "./search_output.ts";
import type { FirstItem, SecretTool } from "./secret_tool.ts";
import { fromStoredForm, MARKED_EMPTY } from "./stored_form.ts";
import { listenerOf } from "../../replaced.ts";
import { TimeLimitError } from "../../lib/subprocess.ts";
import { errorOf } from "./errors.ts";

// How labels begin. An empty item under the label of a full one was cut off: the label is ours alone,
// for Python's "Password for 'alice' on 'my_app'" can stand over an empty secret.
const FULL = "Password of";
const EMPTY = "Empty password of";
const ATTEMPTS = 3;
const SILENT = "secret-tool reported success, printed nothing, and finds no such entry";
const LOST = "secret-tool reported success, and finds no such entry";
const UNSTABLE = "the entry is there, but the Secret Service did not hand it out";

export class SecretServiceEntries {
  readonly #tool: SecretTool;
  readonly #application: string;
  #keeps = false;

  constructor(tool: SecretTool, application: string) {
    this.#tool = tool;
    this.#application = application;
  }

  async read(details: EntryDetails, signal?: AbortSignal): Promise<Uint8Array | null> {
    const names = namesOf(details);
    let reason = UNSTABLE;
    let look: FirstItem | undefined;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const stored = await this.#tool.lookup(names, signal);
      if (stored && stored.length > 0) return fromStoredForm(stored);
      if (!stored) {
        // A locked item looks like a missing one, and some daemons miss one now and then.
        if (isMissing(await this.#tool.search(names, signal), details)) return null;
        continue;
      }
      const lookBefore = look;
      look = await this.#tool.examine(names, labelOf(details, FULL), signal);
      if (look === "locked") throw errorOf(LOCKED, details);
      if (look === "empty") return stored;
      // A program that does nothing looks like an empty secret.
      if (look === "missing") reason = SILENT;
      if (look !== "cut off") continue;
      const changed = await readChange(this.#tool, details, signal);
      if (changed) return fromStoredForm(changed);
      // A change that its writer removed meanwhile means that the entry is whole by now.
      if (lookBefore === "cut off") return null;
    }
    throw operationError(reason, { ...details, advice: "Try again." });
  }

  async write(details: EntryDetails, stored: Uint8Array, options?: CallOptions): Promise<void> {
    const signal = options?.signal;
    const [found, changes] = await both(
      this.#findUnlocked(details, signal),
      findChanges(this.#tool, details, signal),
    );
    const own = new Map([["application", this.#application], ...namesOf(details)]);
    const { attributes, newest } = placeEntry(own, found);
    if (newest) await nextSecond(signal);
    const label = labelOf(details, stored.length > 0 ? FULL : EMPTY);
    const store = () => this.#tool.store(label, attributes, stored, signal);
    if (found.items.length === 0) {
      // What a crash left of an entry that is gone must not pass for a change of this one.
      if (changes.ids.length > 0) await removeChanges(this.#tool, details, signal);
      await store();
      if (!this.#keeps) await this.#prove(details, signal);
      return;
    }
    await this.#tell(details, options);
    if (stored.length === 0) {
      // It cannot be cut off, so there is no change.
      await store();
      return await this.#markEmpty(details, attributes, signal);
    }
    // KeePassXC locks every item to every new program, so that a change could not be removed.
    if (found.locked) return await store();
    await withChange(this.#tool, details, stored, store, signal);
    await forgetOld(this.#tool, details, changes);
  }

  // KWallet keeps the label of an item that is replaced, under which an empty secret looks cut off.
  async #markEmpty(
    details: EntryDetails,
    attributes: Attributes,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const label = labelOf(details, FULL);
    const look = await this.#tool.examine(namesOf(details), label, signal);
    if (look === "cut off") await this.#tool.store(label, attributes, MARKED_EMPTY, signal);
  }

  async #findUnlocked(details: EntryDetails, signal?: AbortSignal): Promise<SearchResult> {
    const names = namesOf(details);
    const found = await this.#tool.search(names, signal);
    if (!found.locked) return found;
    // Before it is unlocked, nobody can tell whose item it is.
    if (!await this.#tool.unlock(names, signal)) throw errorOf(LOCKED, details);
    return await this.#tool.search(names, signal);
  }

  // Once: a program that does nothing reports success, too.
  async #prove(details: EntryDetails, signal: AbortSignal | undefined): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { items, locked } = await this.#tool.search(namesOf(details), signal);
      this.#keeps = items.length > 0 || locked;
      if (this.#keeps) return;
    }
    throw operationError(LOST, details);
  }

  async remove(details: EntryDetails, options?: CallOptions): Promise<void> {
    const { service, username } = details;
    await this.#tell(details, options);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await this.#clearAll(details, options?.signal)) return;
      const found = await this.#tool.search(namesOf(details), options?.signal);
      if (isMissing(found, details)) throw noSuchEntry(service, username);
    }
    throw operationError(UNSTABLE, { ...details, advice: "Try again." });
  }

  async #clearAll(details: EntryDetails, signal?: AbortSignal): Promise<boolean> {
    const [cleared] = await both(
      this.#tool.clear(namesOf(details), signal),
      removeChanges(this.#tool, details, signal),
    );
    return cleared;
  }

  /** Tells whoever listens what an entry holds. That it cannot be read hinders no write. */
  async #tell(details: EntryDetails, options: CallOptions | undefined): Promise<void> {
    const listener = listenerOf(options);
    if (!listener) return;
    try {
      const old = await this.read(details, options?.signal);
      if (!old) return;
      listener(old);
      old.fill(0);
    } catch (error) {
      // Nobody is to wait a second time for what did not come.
      if (error instanceof TimeLimitError || options?.signal?.aborted) throw error;
    }
  }

  async prune(graceMs: number, signal?: AbortSignal): Promise<number> {
    const isNeeded = async (names: Names) => {
      const look = await this.#tool.examine(namesOf(names), labelOf(names, FULL), signal);
      return look === "cut off" || look === "locked";
    };
    return await pruneChanges(this.#tool, Date.now() - graceMs, isNeeded, signal);
  }
}

function labelOf({ service, username }: Names, what: string): string {
  return `${what} '${username}' for '${service}'`;
}

function namesOf({ service, username }: Names): Attributes {
  return new Map([["service", service], ["username", username]]);
}

/** Waits for both, also when one fails: no program is left running. */
async function both<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}

function isMissing(found: SearchResult, details: KeyringErrorDetails): boolean {
  if (found.locked) throw errorOf(LOCKED, details);
  return found.items.length === 0;
}

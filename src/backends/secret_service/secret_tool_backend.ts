// The Secret Service by a run of `secret-tool` for each step.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import { hasAt } from "../../lib/bytes.ts";
import { delay } from "../../lib/delay.ts";
import { lockedFailure } from "./refusals.ts";
import { listEntries } from "./listing.ts";
import type { Attributes, SearchResult } from "./search_output.ts";
import { LONGEST_SECRET, type SecretTool } from "./secret_tool.ts";
import { BASE64_MARKER, fromStoredForm, toStoredForm } from "./stored_form.ts";

const ATTEMPTS = 3;
// Nobody dismisses a dialog sooner, and a daemon that misses an item now and then answers sooner.
const DIALOG_MS = 1_000;
// Of items of the same second, a lookup takes any.
const NEXT_SECOND_MS = 1_020;

const UNSTABLE = "the entry is there, but the Secret Service did not hand it out";
const SILENT = "secret-tool reported success, printed nothing, and finds no such entry";
const LOST = "secret-tool reported success, and the Secret Service does not hand it out";
const SHARED = "another program keeps an item that has these names and more attributes, and " +
  "secret-tool cannot tell the two apart";
const LEFT =
  "the entry was deleted, but an item of another program that has these names and more " +
  "attributes will be found in its place";
const BY_HAND = "Look at it in the desktop's own program, such as Seahorse.";

/** The most bytes, whatever they are, whose stored form is not too long for `secret-tool`. */
const LARGEST_BYTES = Math.floor((LONGEST_SECRET - BASE64_MARKER.length) / 4) * 3;

export class SecretToolBackend implements Backend {
  readonly name = "Secret Service";
  // Together with the label's words, both names must fit into one argument of 128 KiB. KWallet and
  // KeePassXC lose a byte order mark at the start.
  readonly limits = {
    unit: "bytes",
    service: 32_768,
    username: 32_768,
    forbiddenStart: { "\ufeff": "byte order mark" },
  } as const;
  readonly maxSecretBytes: number = LARGEST_BYTES;
  readonly maxLargeSecretBytes: number = 1024 * 1024;
  readonly #tool: SecretTool;
  readonly #application: string;

  constructor(tool: SecretTool, application: string) {
    this.#tool = tool;
    this.#application = application;
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    const stored = await this.#lookup(entry, signal);
    return stored && { bytes: fromStoredForm(stored) };
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const stored = await toStoredForm(bytes);
    const [size, limit] = [stored.length, LONGEST_SECRET];
    let old: Uint8Array | null = null;
    try {
      if (size > limit) throw new Failure("too-large", "", { size, limit });
      if (entry.isPart) {
        await this.#store(entry, this.#ownOf(entry), stored, null, signal);
        return [];
      }
      const found = await this.#open(entry, signal);
      old = found.old;
      await this.#store(entry, await this.#placeOf(entry, found, signal), stored, old, signal);
    } catch (error) {
      old?.fill(0);
      throw error;
    } finally {
      stored.fill(0);
    }
    return old ? [fromStoredForm(old)] : [];
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    if (entry.isPart) return await this.#tool.clear(namesOf(entry), signal) ? [] : null;
    const removed: Uint8Array[] = [];
    try {
      return await this.#remove(entry, removed, signal) ? removed : null;
    } catch (error) {
      for (const value of removed) value.fill(0);
      throw error;
    }
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    const searched = service === undefined
      ? new Map([["application", this.#application]])
      : new Map([["service", service]]);
    return await listEntries(this.#tool, searched, false, signal);
  }

  /** Finds the one that was modified last, as a search lists it first. */
  async findUsername(service: string, signal?: AbortSignal): Promise<string | null> {
    const entries = await listEntries(this.#tool, new Map([["service", service]]), true, signal);
    const last = entries.pop();
    for (const entry of entries) {
      // It may have been deleted in the meantime.
      if (await this.has(entry, signal)) return entry.username;
    }
    return last?.username ?? null;
  }

  async has(entry: Entry, signal?: AbortSignal): Promise<boolean> {
    const { count, locked } = await this.#tool.search(namesOf(entry), signal);
    return count > 0 || locked;
  }

  /** Reads what an entry holds, in its stored form. May open a dialog, but not a second one. */
  async #lookup(entry: Entry, signal?: AbortSignal): Promise<Uint8Array | null> {
    let reason = UNSTABLE;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const start = performance.now();
      const stored = await this.#tool.lookup(namesOf(entry), signal);
      if (stored && stored.length > 0) return stored;
      const isSlow = performance.now() - start > DIALOG_MS;
      // A locked item looks like a missing one, and so does any to KWallet now and then; a program
      // that does nothing looks like an empty secret.
      const { count, locked } = await this.#tool.search(namesOf(entry), signal);
      if (locked) throw lockedFailure();
      if ((count > 0) === (stored !== null)) return stored;
      // KWallet does not say that it is locked.
      if (count > 0 && isSlow) throw lockedFailure();
      reason = stored ? SILENT : UNSTABLE;
    }
    throw new Failure("other", reason, { advice: "Try again." });
  }

  /** Finds the items of an entry, unlocked, and what the newest of them holds. */
  async #open(entry: Entry, signal?: AbortSignal): Promise<Opened> {
    const found = await this.#tool.search(namesOf(entry), signal);
    if (found.count === 0 && !found.locked) return { ...found, old: null };
    const old = await this.#lookup(entry, signal);
    // Before that, nobody can tell whose they are.
    return found.locked
      ? { ...await this.#tool.search(namesOf(entry), signal), old }
      : { ...found, old };
  }

  /** Chooses the attributes to store: of another program's item never more than the names. */
  async #placeOf(entry: Entry, found: Opened, signal?: AbortSignal): Promise<Attributes> {
    if (found.more) {
      const own = await this.#tool.search(this.#ownOf(entry), signal);
      if (own.more) throw new Failure("other", SHARED, { advice: BY_HAND });
    } else if (found.count === 1 && !found.items.some((item) => item.has("application"))) {
      return namesOf(entry);
    }
    return this.#ownOf(entry);
  }

  /** Stores a secret and makes sure that it is the one that is read. */
  async #store(
    entry: Entry,
    attributes: Attributes,
    stored: Uint8Array,
    old: Uint8Array | null,
    signal?: AbortSignal,
  ): Promise<void> {
    const label = `Password for '${entry.username}' on '${entry.service}'`;
    for (let attempt = 1;; attempt++) {
      await this.#tool.store(label, attributes, stored, signal);
      const found = await this.#lookup(entry, signal);
      // What is neither the old one nor cut off was stored by another process since.
      const isOther = found !== null && found.length > 0 && !(old && areEqual(found, old));
      const isKept = isOther || (found !== null && areEqual(found, stored));
      found?.fill(0);
      if (isKept) return;
      if (attempt === ATTEMPTS) throw new Failure("other", LOST, { advice: "Try again." });
      await delay(NEXT_SECOND_MS, signal);
    }
  }

  async #remove(entry: Entry, removed: Uint8Array[], signal?: AbortSignal): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const found = await this.#open(entry, signal);
      if (found.count === 0 && !found.locked) return removed.length > 0;
      if (found.old) removed.push(fromStoredForm(found.old));
      const isAlone = !found.more;
      const searched = isAlone ? namesOf(entry) : await this.#ownAlone(entry, signal);
      if (!await this.#tool.clear(searched, signal)) continue;
      if (!isAlone) throw new Failure("other", LEFT, { advice: BY_HAND });
      // What is in another keyring, which is locked, is not cleared.
      if (!found.locked) return true;
    }
    throw new Failure("other", UNSTABLE, { advice: "Try again." });
  }

  async #ownAlone(entry: Entry, signal?: AbortSignal): Promise<Attributes> {
    const own = await this.#tool.search(this.#ownOf(entry), signal);
    if (own.count > 0 && !own.more) return this.#ownOf(entry);
    throw new Failure("other", SHARED, { advice: BY_HAND });
  }

  #ownOf(entry: Entry): Attributes {
    return new Map([["application", this.#application], ...namesOf(entry)]);
  }
}

interface Opened extends SearchResult {
  /** What the newest item holds, in its stored form. */
  old: Uint8Array | null;
}

function namesOf({ service, username }: Entry): Attributes {
  return new Map([["service", service], ["username", username]]);
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && hasAt(a, 0, b);
}

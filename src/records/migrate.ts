// Copies entries from one keyring to another. An entry is deleted from the source only if the target
// certainly holds it, and is restored if it turns out that the two are one.

import { KeyringError, operationError } from "../errors.ts";
import type { CallOptions, Keyring } from "../keyring.ts";
import { equal } from "../lib/bytes.ts";
import { readSecret } from "./export.ts";
import type { EntryNames, MigratedEntry, MigrateOptions } from "./migration.ts";
import { keyOf } from "./plan.ts";
import { failsForAll, giveTurn, inBatch, type Work } from "./work.ts";

type Secret = string | Uint8Array;

/** What is shown of a migration while it runs. */
export interface MigrationView {
  list<T>(run: () => Promise<T>): Promise<T>;
  /** Does a part of the work, and shows how far it is. */
  withProgress<T>(part: string, total: number, run: (step: Work["step"]) => Promise<T>): Promise<T>;
  /** Called with what became of the entries so far, when a signal ends it. */
  onAbort(entries: MigratedEntry[]): void;
}

const UNSEEN: MigrationView = {
  list: (run) => run(),
  withProgress: (_part, _total, run) => run(() => Promise.resolve()),
  onAbort() {},
};

export async function migrateEntries(
  from: Keyring,
  to: Keyring,
  options: MigrateOptions,
  view: MigrationView = UNSEEN,
): Promise<MigratedEntry[]> {
  return await new Migration(from, to, options, view).run();
}

class Migration {
  readonly #from: Keyring;
  readonly #to: Keyring;
  readonly #options: MigrateOptions;
  readonly #call: CallOptions;
  readonly #view: MigrationView;
  readonly #stored = new Set<MigratedEntry>();

  constructor(from: Keyring, to: Keyring, options: MigrateOptions, view: MigrationView) {
    this.#view = view;
    this.#from = from;
    this.#to = to;
    this.#options = options;
    this.#call = options.signal ? { signal: options.signal } : {};
  }

  async run(): Promise<MigratedEntry[]> {
    const entries = await this.#view.list(() => this.#list());
    try {
      await this.#migrate(entries);
    } catch (error) {
      if (!this.#options.dryRun) {
        const planned = entries.filter(({ state }) => isToCopy(state));
        for (const entry of planned) if (!this.#stored.has(entry)) entry.state = "not tried";
      }
      if (this.#call.signal?.aborted) this.#view.onAbort(entries);
      throw error;
    }
    return entries;
  }

  async #migrate(entries: readonly MigratedEntry[]): Promise<void> {
    await this.#each("looking at", entries, (entry) => this.#plan(entry));
    if (this.#options.dryRun) return;
    await this.#copy(entries.filter(({ state }) => isToCopy(state)));
    if (!this.#options.delete) return;
    const held = entries.filter(({ state }) => isToCopy(state) || state === "same");
    await this.#view.withProgress("deleting", held.length, async (step) => {
      for (const entry of held) {
        if (!await this.#try(entry, () => this.#delete(entry))) break;
        await step();
      }
    });
  }

  async #list(): Promise<MigratedEntry[]> {
    const { services, rename = {} } = this.#options;
    const listed: EntryNames[] = [];
    for (const service of services ?? [undefined]) {
      listed.push(...await this.#from.list({ ...this.#call, ...(service && { service }) }));
    }
    const names = new Map(listed.map((entry) => [keyOf(this.#from, entry), entry]));
    const taken = new Set<string>();
    return [...names.values()].map(({ service, username }) => {
      const renamed = Object.hasOwn(rename, service) ? rename[service] ?? service : service;
      const [from, to] = [{ service, username }, { service: renamed, username }];
      const entry: MigratedEntry = { from, to, state: "not tried", deleted: false };
      const key = keyOf(this.#to, to);
      if (taken.has(key)) fail(entry, collision(to));
      taken.add(key);
      return entry;
    });
  }

  /** Does a step for each entry; where one fails for all, the others are not tried. */
  async #each(
    part: string,
    entries: readonly MigratedEntry[],
    work: (entry: MigratedEntry) => Promise<void>,
  ): Promise<void> {
    let goesOn = true;
    await this.#view.withProgress(part, entries.length, async (step) => {
      for (const entry of entries) {
        if (entry.state === "failed") continue;
        if (!goesOn) entry.state = "not tried";
        else goesOn = await this.#try(entry, () => work(entry));
        await step();
      }
    });
  }

  /** Does a step for an entry; returns whether the next one can be tried. */
  async #try(entry: MigratedEntry, step: () => Promise<void>): Promise<boolean> {
    await giveTurn();
    this.#call.signal?.throwIfAborted();
    try {
      await step();
      return true;
    } catch (error) {
      this.#call.signal?.throwIfAborted();
      fail(entry, error);
      return !failsForAll(error) && !(error instanceof LostTargetError);
    }
  }

  async #plan(entry: MigratedEntry): Promise<void> {
    const isOne = await this.#isOneEntry(entry);
    const [source, target] = [await this.#read(entry), await this.#findTarget(this.#to, entry)];
    const isSame = target !== null && areSame(source, target);
    wipe(source, target);
    const { force } = this.#options;
    // One entry can differ, too: as two programs read it.
    if (isSame) entry.state = isOne ? "one entry" : "same";
    else entry.state = target === null ? "copied" : force ? "replaced" : "differs";
  }

  /** Checks whether deleting the source would also delete the target. */
  async #isOneEntry({ from, to }: MigratedEntry): Promise<boolean> {
    if (this.#from === this.#to && keyOf(this.#from, from) === keyOf(this.#to, to)) return true;
    const places = await this.#from.locate?.(from.service, from.username, this.#call);
    if (places === undefined) return false;
    // Then another store behind this one answers, and there is nothing to delete here.
    if (places.length === 0) return true;
    const others = await this.#to.locate?.(to.service, to.username, this.#call) ?? [];
    return others.length > 0 && others.every((place) => places.includes(place));
  }

  /** Copies entries by one opening of the target, then reads all of them back. */
  async #copy(entries: readonly MigratedEntry[]): Promise<void> {
    const secrets = new Map<MigratedEntry, Secret>();
    try {
      await this.#each("reading", entries, async (entry) => {
        secrets.set(entry, await this.#read(entry));
      });
      const read = entries.filter((entry) => secrets.has(entry));
      await this.#inTarget("storing", read, async (opened, entry) => {
        const secret = secrets.get(entry) ?? "";
        if (entry.state === "copied" && await this.#isTaken(opened, entry, secret)) return;
        await this.#store(opened, entry.to, secret);
        // A batch saves at its end.
        if (!this.#to.batch) this.#stored.add(entry);
      });
      const stored = read.filter(({ state }) => isToCopy(state));
      for (const entry of stored) this.#stored.add(entry);
      await this.#inTarget("checking", stored, async (opened, entry) => {
        const found = await this.#find(opened, entry.to);
        const isKept = found !== null && areSame(secrets.get(entry) ?? "", found);
        wipe(found);
        if (isKept) return;
        const reason = "the target does not return what was stored";
        throw operationError(reason, { operation: "set", ...entry.to });
      });
    } finally {
      wipe(...secrets.values());
    }
  }

  async #inTarget(
    part: string,
    entries: readonly MigratedEntry[],
    step: (opened: Keyring, entry: MigratedEntry) => Promise<void>,
  ): Promise<void> {
    if (entries.length === 0) return;
    try {
      await inBatch(
        this.#to,
        (opened) => this.#each(part, entries, (entry) => step(opened, entry)),
        this.#call,
      );
    } catch (error) {
      this.#call.signal?.throwIfAborted();
      // Nothing was saved.
      for (const entry of entries) fail(entry, error);
    }
  }

  /** Looks whether there is an entry by now that was not there before. */
  async #isTaken(opened: Keyring, entry: MigratedEntry, secret: Secret): Promise<boolean> {
    const found = await this.#findTarget(opened, entry);
    if (found === null) return false;
    const isSame = areSame(secret, found);
    wipe(found);
    if (!isSame && this.#options.force) return false;
    entry.state = isSame ? "same" : "differs";
    return true;
  }

  async #delete(entry: MigratedEntry): Promise<void> {
    const { from } = entry;
    // Checked once more: a wrapper can hide it, and another program may have written in the meantime.
    if (await this.#isOneEntry(entry)) {
      if (entry.state === "same") entry.state = "one entry";
      return;
    }
    const source = await this.#read(entry);
    const target = await this.#findTarget(this.#to, entry);
    try {
      if (target === null || !areSame(source, target)) {
        throw operationError("one of the two was changed in the meantime", {
          operation: "delete",
          ...from,
        });
      }
      await this.#deleteSource(entry, source);
    } finally {
      wipe(source, target);
    }
  }

  async #deleteSource(entry: MigratedEntry, secret: Secret): Promise<void> {
    const { from, to } = entry;
    let failure: unknown;
    try {
      await this.#from.deletePassword(from.service, from.username, this.#call);
      entry.deleted = true;
    } catch (error) {
      failure = error;
    }
    // From here on nothing may be interrupted: the target may have been the source.
    const left = await this.#find(this.#to, to, {});
    const isThere = left !== null && areSame(secret, left);
    wipe(left);
    if (isThere) {
      if (failure !== undefined) throw failure;
      return;
    }
    try {
      await this.#store(this.#from, from, secret, {});
    } catch (error) {
      // Better there than nowhere.
      await this.#store(this.#to, to, secret, {});
      throw error;
    }
    entry.deleted = false;
    throw new LostTargetError(from);
  }

  async #read({ from }: MigratedEntry): Promise<Secret> {
    const secret = await this.#find(this.#from, from);
    if (secret !== null) return secret;
    throw operationError("it is gone", { operation: "get", ...from });
  }

  async #find(
    keyring: Keyring,
    { service, username }: EntryNames,
    options: CallOptions = this.#call,
  ): Promise<Secret | null> {
    return await readSecret(keyring, service, username, options);
  }

  /** Reads the target; `null` also where only another store behind it has such an entry. */
  async #findTarget(opened: Keyring, { to }: MigratedEntry): Promise<Secret | null> {
    const places = await opened.locate?.(to.service, to.username, this.#call);
    return places?.length === 0 ? null : await this.#find(opened, to);
  }

  async #store(
    keyring: Keyring,
    { service, username }: EntryNames,
    secret: Secret,
    options: CallOptions = this.#call,
  ): Promise<void> {
    if (typeof secret === "string") {
      await keyring.setPassword(service, username, secret, options);
    } else await keyring.setSecret(service, username, secret, options);
  }
}

/** Deleting the source also deleted the target, so the source was stored again. */
class LostTargetError extends KeyringError {
  constructor(names: EntryNames) {
    super("this also deleted the entry of the target, which was stored again", {
      operation: "delete",
      ...names,
      advice: "Source and target keep this entry in one place: migrate without deleting.",
    });
  }
}

function isToCopy(state: MigratedEntry["state"]): boolean {
  return state === "copied" || state === "replaced";
}

function fail(entry: MigratedEntry, error: unknown): void {
  entry.state = "failed";
  entry.error = error;
}

function collision(to: EntryNames): KeyringError {
  const reason = "another entry is stored under these names";
  const advice = "Rename one of the two services.";
  return operationError(reason, { operation: "set", ...to, advice });
}

const ENCODER = new TextEncoder();

// As UTF-8 text, however each store encodes it.
function areSame(a: Secret, b: Secret): boolean {
  const [one, other] = [a, b].map((secret) =>
    typeof secret === "string" ? ENCODER.encode(secret) : secret
  );
  return one !== undefined && other !== undefined && equal(one, other);
}

function wipe(...secrets: (Secret | null)[]): void {
  for (const secret of secrets) if (secret instanceof Uint8Array) secret.fill(0);
}

// The Secret Service over D-Bus, with the entries as a layout has them.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import type { ItemForm, ItemLayout } from "../../layouts/layout.ts";
import { pythonItems } from "../../layouts/python.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { type SessionBus, sessionBus } from "../../lib/dbus/session.ts";
import { countDown, type WaitOptions } from "../../lib/dbus/wait.ts";
import { UTF8 } from "../../checks.ts";
import { failureOfBus, LARGEST_SECRET, LIMITS } from "../dbus_store.ts";
import { lockedFailure, noCollection } from "./refusals.ts";
import {
  type Attributes,
  type FoundItem,
  isEntry,
  isHidden,
  isStored,
  type Item,
  preferred,
} from "./identity.ts";
import { defaultFileKind } from "./keyring_file.ts";
import {
  DEFAULT_COLLECTION,
  HalfDeletedError,
  isLockedError,
  isMissingError,
  PromptDismissedError,
  SecretService,
} from "./service.ts";
import { fromStoredForm, toPlainForm, toStoredForm } from "./stored_form.ts";
import { APPLICATION, TIMEOUT_MS } from "./ways.ts";

// An item can vanish, or be locked, between the search and the call.
const ATTEMPTS = 3;
// As many as one connection sends before the first is answered.
const AT_ONCE = 64;
// A search that took this long has waited for a person: KeePassXC can open its dialog for that.
const DIALOG_MS = 500;

// There is no dialog to answer.
const UNATTENDED =
  "Unlock it in the desktop's own program, such as Seahorse or KeePassXC, and try again.";

export interface Removal {
  /** The values that were removed; `null` when there was no entry. */
  removed: Uint8Array[] | null;
  isFoundStill: boolean;
}

interface OverBusOptions {
  address: string;
  application?: string | undefined;
  timeoutMs?: number | undefined;
  /** Whether it opens no dialog and unlocks nothing, but fails as locked. */
  unattended?: boolean | undefined;
  /** How a program keeps entries; as Python does if omitted. */
  items?: ItemLayout | undefined;
}

export function overBus(options: OverBusOptions): SecretServiceBackend {
  const { address, application = APPLICATION, timeoutMs = TIMEOUT_MS } = options;
  const { items = pythonItems(application), unattended } = options;
  const { flags } = busAccess(address);
  return new SecretServiceBackend(sessionBus({ address }), items, timeoutMs, flags, unattended);
}

export class SecretServiceBackend implements Backend {
  readonly name = "Secret Service";
  readonly limits = LIMITS;
  readonly maxSecretBytes = LARGEST_SECRET;
  // Parts that the shim stored are read, and removed with their entry.
  readonly maxLargeSecretBytes = LARGEST_SECRET;
  readonly #service: SecretService;
  readonly #layout: ItemLayout;
  readonly #form: ItemForm;
  readonly #timeoutMs: number;
  readonly #flags: string;
  readonly #advice: string | undefined;
  /** What `list` found locked last. KeePassXC asks for each item, but once for all of one call. */
  #listed: ReadonlySet<string> = new Set();

  constructor(
    bus: SessionBus,
    layout: ItemLayout,
    timeoutMs: number,
    flags: string,
    unattended = false,
  ) {
    this.#service = new SecretService(bus, unattended);
    if (unattended) this.#advice = UNATTENDED;
    this.#layout = layout;
    this.#form = layout.forms[0];
    this.#timeoutMs = timeoutMs;
    this.#flags = flags;
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    return await this.#run(signal, async (options) => {
      this.#service.prepare(options);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const found = await this.#candidates(entry, options);
        if (found === null) return null;
        const [item] = found;
        if (!item) continue;
        await this.#unlock([item], options);
        const secret = (await this.#service.getSecrets([item.path], options)).get(item.path);
        if (secret) return { bytes: this.#decode(secret.value) };
      }
      throw unstable();
    });
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const [size, limit] = [bytes.length, LARGEST_SECRET];
    if (size > limit) throw new Failure("too-large", "", { size, limit });
    return await this.#store(entry, bytes, false, signal);
  }

  /** Does as `write` where there is the entry, and nothing where there is none. */
  async replace(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    return await this.#store(entry, bytes, true, signal);
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    const { removed, isFoundStill } = await this.removeOwn(entry, signal);
    if (!isFoundStill) return removed;
    for (const value of removed ?? []) value.fill(0);
    throw belongsToOthers(removed !== null);
  }

  /** Removes an entry, and tells whether a read still finds one that has more attributes. */
  async removeOwn(entry: Entry, signal?: AbortSignal): Promise<Removal> {
    const removed: Uint8Array[] = [];
    try {
      return await this.#run(signal, (options) => this.#remove(entry, removed, options));
    } catch (error) {
      for (const value of removed) value.fill(0);
      throw error;
    }
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    return await this.#run(signal, async (options) => {
      const entries = new Map<string, EntryInfo>();
      this.#listed = new Set();
      for (const form of this.#layout.forms.toReversed()) {
        const items = await this.#search(form.listOf(service), options);
        await this.#keepLocked(items, options);
        for (const info of infosOf(form, items, service)) {
          entries.set(JSON.stringify([info.service, info.username]), info);
        }
      }
      return [...entries.values()];
    });
  }

  async findUsername(service: string, signal?: AbortSignal): Promise<string | null> {
    return await this.#run(signal, async (options) => {
      for (const form of this.#layout.forms) {
        const items = await this.#search(form.listOf(service), options);
        const named = items.filter(({ attributes }) =>
          namesIn(form, attributes)?.service === service
        );
        const [first] = preferred(named, form);
        if (first) return namesIn(form, first.attributes)?.username ?? null;
      }
      return null;
    });
  }

  async has(entry: Entry, signal?: AbortSignal): Promise<boolean> {
    return await this.#run(signal, async (options) => {
      const found = await this.#candidates(entry, options);
      return found !== null && found.length > 0;
    });
  }

  async locate(entry: Entry, signal?: AbortSignal): Promise<string[]> {
    return await this.#run(signal, async (options) => {
      const places: string[] = [];
      for (const form of this.#layout.forms) {
        const found = await this.#find(form.searchOf(entry), options);
        const items = form.looseNamesOf
          ? found
          : (await this.#describe(found, options)).filter((item) => isEntry(form, entry, item));
        places.push(...items.map(({ path }) => `secret-service:${path}`));
      }
      return places;
    });
  }

  /** Remembers what one dialog can unlock together. */
  async #keepLocked(items: readonly Item[], options: WaitOptions): Promise<void> {
    const locked = items.filter((item) => item.locked).map(({ path }) => path);
    if (locked.length > 0 && await this.#isOther(options)) {
      this.#listed = new Set([...this.#listed, ...locked]);
    }
  }

  /**
   * Finds the items of an entry, the one that a read answers with first; `null` where there are none.
   * Empty when those that were there are gone.
   */
  async #candidates(entry: Entry, options: WaitOptions): Promise<FoundItem[] | null> {
    for (const form of this.#layout.forms) {
      const found = await this.#find(form.searchOf(entry), options);
      if (found.length === 0) continue;
      if (form.looseNamesOf && found.length === 1) return found;
      const items = await this.#describe(found, options);
      if (items.length === 0) return [];
      const usable = form.looseNamesOf ? items : items.filter((item) => isEntry(form, entry, item));
      if (usable.length > 0) return preferred(usable, form);
    }
    return null;
  }

  async #remove(entry: Entry, removed: Uint8Array[], options: WaitOptions): Promise<Removal> {
    let isFound = false;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const items = await this.#search(this.#form.searchOf(entry), options);
      const own = items.filter((item) => isEntry(this.#form, entry, item));
      isFound ||= own.length > 0;
      await this.#unlock(own, options);
      removed.push(...await this.#readAll(own, options));
      let areDeleted = true;
      for (const { path } of own) areDeleted = await this.#delete(path, options) && areDeleted;
      if (!areDeleted) continue;
      const isFoundStill = this.#form.looseNamesOf
        ? own.length < items.length
        : await this.#candidates(entry, options) !== null;
      return { removed: isFound ? removed : null, isFoundStill };
    }
    throw unstable();
  }

  async #store(
    entry: Entry,
    bytes: Uint8Array,
    onlyReplace: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array[]> {
    return await this.#run(signal, async (options) => {
      // Only GNOME's daemon has files that damage text, and holds what is not text.
      const isGnome = async () => (await this.#service.getProgram(options)).isGnome;
      const fileKind = async () => await isGnome() ? await defaultFileKind() : "encrypted";
      const stored = this.#isOurs
        ? await toStoredForm(bytes, fileKind)
        : await toPlainForm(bytes, isGnome, fileKind);
      try {
        return await this.#write(entry, stored, onlyReplace, options);
      } finally {
        stored.fill(0);
      }
    });
  }

  async #write(
    entry: Entry,
    stored: Uint8Array,
    onlyReplace: boolean,
    options: WaitOptions,
  ): Promise<Uint8Array[]> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const form = this.#form;
      const found = await this.#find(form.searchOf(entry), options);
      const items = await this.#describe(found, options);
      const own = items.filter((item) => isStored(item) && isEntry(form, entry, item));
      if (own.length === 0) {
        if (onlyReplace) return [];
        // With `replace`, the first item that contains our attributes would be overwritten.
        if (await this.#create(entry, stored, found.length === 0, options)) return [];
        continue;
      }
      await this.#unlock(own, options);
      const replaced = await this.#readAll(own, options);
      let isDone = false;
      try {
        isDone = await this.#replace(own, stored, options) &&
          (isFoundBy(form, own) || await this.#create(entry, stored, false, options));
        if (isDone) return replaced;
      } finally {
        if (!isDone) { for (const value of replaced) value.fill(0); }
      }
    }
    throw unstable();
  }

  /** Whether it is neither GNOME's daemon nor KDE's: those lock collections, and hide nothing. */
  async #isOther(options: WaitOptions): Promise<boolean> {
    const { isGnome, kwallet } = await this.#service.getProgram(options);
    return !isGnome && kwallet === undefined;
  }

  /** Finds the items that have these attributes, whatever else they have. */
  async #find(attributes: Attributes, options: WaitOptions): Promise<FoundItem[]> {
    const { found, ms } = await this.#paths(attributes, options);
    if (found.length > 0) return found;
    // A locked database of KeePassXC hides its items.
    if (!await this.#isOther(options)) return found;
    const collection = await this.#service.readAlias("default", options);
    if (collection === undefined) return found;
    if (!await this.#service.isCollectionLocked(collection, options)) return found;
    if ((await this.#service.getItems(collection, options)).length > 0) return found;
    if (ms > DIALOG_MS) throw lockedFailure(this.#advice);
    await this.#unlock([{ path: collection, locked: true }], options);
    return (await this.#paths(attributes, options)).found;
  }

  async #paths(
    attributes: Attributes,
    options: WaitOptions,
  ): Promise<{ found: FoundItem[]; ms: number }> {
    const { unlocked, locked, ms } = await this.#service.search(attributes, options);
    const found = [
      ...unlocked.map((path) => ({ path, locked: false })),
      ...locked.map((path) => ({ path, locked: true })),
    ];
    return { found, ms };
  }

  async #search(attributes: Attributes, options: WaitOptions): Promise<Item[]> {
    return await this.#describe(await this.#find(attributes, options), options);
  }

  /** Reads the attributes of items, which may have to be unlocked for it. */
  async #describe(found: readonly FoundItem[], options: WaitOptions): Promise<Item[]> {
    const items = await this.#readAttributes(found, options);
    const hidden = items.filter(isHidden);
    if (hidden.length === 0) return items;
    await this.#unlock(hidden, options);
    const unlocked = hidden.map(({ path }) => ({ path, locked: false }));
    return [
      ...items.filter((item) => !isHidden(item)),
      ...await this.#readAttributes(unlocked, options),
    ];
  }

  /** One that is gone meanwhile is left out. */
  async #readAttributes(found: readonly FoundItem[], options: WaitOptions): Promise<Item[]> {
    const items: Item[] = [];
    let rest = options;
    for (let at = 0; at < found.length; at += AT_ONCE) {
      const some = found.slice(at, at + AT_ONCE).map((item) => this.#readItem(item, rest));
      items.push(...(await Promise.all(some)).filter((item) => item !== undefined));
      // gnome-keyring takes a minute for ten thousand: as long as it answers, a list goes on.
      rest = countDown({ timeoutMs: this.#timeoutMs, signal: options.signal });
    }
    return items;
  }

  async #readItem(found: FoundItem, options: WaitOptions): Promise<Item | undefined> {
    const withLabel = this.#layout.forms.some(({ isListed }) => isListed !== undefined);
    try {
      return { ...found, ...await this.#service.getProperties(found.path, options, { withLabel }) };
    } catch (error) {
      if (isMissingError(error)) return undefined;
      throw error;
    }
  }

  /** Unlocks what is locked, by one dialog for all of it. */
  async #unlock(items: readonly FoundItem[], options: WaitOptions): Promise<void> {
    const locked = items.filter((item) => item.locked).map(({ path }) => path);
    if (locked.length === 0) return;
    const listed = locked.every((path) => this.#listed.has(path)) ? this.#listed : [];
    this.#listed = new Set();
    const all = [...new Set([...locked, ...listed])];
    const unlocked = new Set(await this.#service.unlock(all, options));
    if (!locked.every((path) => unlocked.has(path))) throw lockedFailure(this.#advice);
  }

  /** Creates the item; `false` when the collection was locked, and is no more. */
  async #create(
    entry: Entry,
    value: Uint8Array,
    replace: boolean,
    options: WaitOptions,
  ): Promise<boolean> {
    const attributes = this.#form.createdOf?.(entry) ?? this.#form.searchOf(entry);
    const item = { label: this.#form.labelOf(entry), attributes, replace };
    const secret = { value, contentType: contentTypeOf(value) };
    try {
      await this.#service.createItem(DEFAULT_COLLECTION, item, secret, options);
      return true;
    } catch (error) {
      if (!isLockedError(error)) throw error;
      const path = await this.#service.readAlias("default", options) ?? DEFAULT_COLLECTION;
      await this.#unlock([{ path, locked: true }], options);
      return false;
    }
  }

  /** Replaces the secret of each; `false` when one was locked or removed meanwhile. */
  async #replace(items: Item[], value: Uint8Array, options: WaitOptions): Promise<boolean> {
    for (const { path } of items) {
      try {
        const contentType = contentTypeOf(value);
        await this.#service.setSecret(path, { value, contentType }, options);
      } catch (error) {
        if (!isLockedError(error) && !isMissingError(error)) throw error;
        return false;
      }
    }
    return true;
  }

  /** Deletes an item; `false` when it is gone: removed meanwhile, or hidden by KeePassXC's lock. */
  async #delete(path: string, options: WaitOptions): Promise<boolean> {
    try {
      await this.#service.deleteItem(path, options);
      return true;
    } catch (error) {
      // KeePassXC can have the user confirm it.
      if (error instanceof PromptDismissedError) {
        throw notConfirmed(this.#advice && "Delete it in KeePassXC.");
      }
      if (!isMissingError(error)) throw error;
      return false;
    }
  }

  async #readAll(items: Item[], options: WaitOptions): Promise<Uint8Array[]> {
    const secrets = await this.#service.getSecrets(items.map(({ path }) => path), options);
    return [...secrets.values()].map(({ value }) => this.#decode(value));
  }

  /** Whether secrets that are not safe as they are have a form of this library. */
  get #isOurs(): boolean {
    return this.#form.looseNamesOf !== undefined;
  }

  #decode(stored: Uint8Array): Uint8Array {
    return this.#isOurs ? fromStoredForm(stored) : stored;
  }

  async #run<T>(
    signal: AbortSignal | undefined,
    work: (options: WaitOptions) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(countDown({ timeoutMs: this.#timeoutMs, signal }));
    } catch (error) {
      if (error instanceof PromptDismissedError || isLockedError(error)) {
        throw lockedFailure(this.#advice);
      }
      if (error instanceof HalfDeletedError) throw halfDeleted();
      if (isMissingError(error)) throw noCollection();
      throw failureOfBus(error, "the Secret Service", this.#flags);
    }
  }
}

function contentTypeOf(value: Uint8Array): string {
  return UTF8.decode({ bytes: value }) === undefined ? "application/octet-stream" : "text/plain";
}

function namesIn(form: ItemForm, attributes: Attributes): Entry | undefined {
  return form.looseNamesOf?.(attributes) ?? form.namesOf(attributes);
}

/** Returns whether the program finds one of these items. */
function isFoundBy({ required }: ItemForm, items: readonly Item[]): boolean {
  if (!required) return true;
  const [name, value] = required;
  return items.some(({ attributes }) => attributes.get(name) === value);
}

function infosOf(
  form: ItemForm,
  items: readonly Item[],
  service: string | undefined,
): EntryInfo[] {
  return items.toSorted((a, b) => a.modified - b.modified).flatMap((item) => {
    const { attributes, label, modified } = item;
    const names = namesIn(form, attributes);
    const isListed = service === undefined
      ? form.isListed?.(attributes, label) ?? true
      : names?.service === service;
    return names && isListed ? [{ ...names, modified: new Date(modified * 1000) }] : [];
  });
}

function unstable(): Failure {
  const advice = "Try again.";
  return new Failure("other", "the entry was changed each time it was used", { advice });
}

function notConfirmed(advice = "Confirm it in the dialog, and try again."): Failure {
  return new Failure("other", "the deletion was not confirmed", { advice });
}

function halfDeleted(): Failure {
  return new Failure("other", "KDE Wallet was locked meanwhile, and may have kept the secret", {
    advice: "Look for it in KDE Wallet Manager.",
  });
}

export function belongsToOthers(isDeleted: boolean): Failure {
  const reason = "an entry of another program has this service and username, and more attributes";
  return new Failure("other", isDeleted ? `it was deleted, but ${reason}` : reason, {
    advice: "Delete that entry with the program that stored it.",
  });
}

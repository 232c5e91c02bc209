// Changes of an entry: all of its items are replaced or deleted, and no item of another program.

import type { Entry } from "../../backend.ts";
import { UTF8 } from "../../checks.ts";
import type { ItemForm } from "../../layouts/layout.ts";
import { wipeAll } from "../../lib/bytes.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";
import { isEntry, isStored, type Item } from "./identity.ts";
import type { Items } from "./items.ts";
import { defaultFileKind } from "./keyring_file.ts";
import { notConfirmed, unstable } from "./refusals.ts";
import {
  DEFAULT_COLLECTION,
  isLockedError,
  isMissingError,
  PromptDismissedError,
  type SecretService,
} from "./service.ts";
import { fromForm, hasOwnForms, toPlainForm, toStoredForm } from "./stored_form.ts";

// An item can vanish, or be locked, between the search and the call.
export const ATTEMPTS = 3;

export interface Removal {
  /** The values that were removed; `null` when there was no entry. */
  removed: Uint8Array[] | null;
  isFoundStill: boolean;
}

/** The items of an entry, and what they hold. */
interface Own {
  items: Item[];
  values: Uint8Array[];
  /** Whether no item at all has the names. */
  isFree: boolean;
  /** How many more items have the names. */
  others: number;
}

export class Changes {
  readonly #service: SecretService;
  readonly #items: Items;
  readonly #form: ItemForm;
  readonly #unattended: boolean;

  constructor(service: SecretService, items: Items, form: ItemForm, unattended: boolean) {
    this.#service = service;
    this.#items = items;
    this.#form = form;
    this.#unattended = unattended;
  }

  /** Encodes a secret for this daemon, always as bytes of its own. */
  async encode(secret: Uint8Array, options: WaitOptions): Promise<Uint8Array> {
    // Only GNOME's daemon has files that damage text, and holds what is not text.
    const isGnome = async () => (await this.#service.getProgram(options)).isGnome;
    const fileKind = async () => await isGnome() ? await defaultFileKind() : "encrypted";
    return hasOwnForms(this.#form)
      ? await toStoredForm(secret, fileKind)
      : await toPlainForm(secret, isGnome, fileKind);
  }

  /** Stores what was encoded, and returns what was there. */
  async write(
    entry: Entry,
    stored: Uint8Array,
    onlyReplace: boolean,
    options: WaitOptions,
  ): Promise<Uint8Array[]> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { items, values, isFree } = await this.#read(entry, isStored, options);
      if (items.length === 0) {
        if (onlyReplace) return [];
        // With `replace`, the first item that contains our attributes would be overwritten.
        if (await this.#create(entry, stored, isFree, options)) return [];
        continue;
      }
      let isDone = false;
      try {
        isDone = await this.#replace(items, stored, options) &&
          (isFoundBy(this.#form, items) || await this.#create(entry, stored, false, options));
        if (isDone) return values;
      } finally {
        if (!isDone) wipeAll(values);
      }
    }
    throw unstable();
  }

  /** Deletes an entry; what is removed is added to `removed`, whatever happens. */
  async remove(entry: Entry, removed: Uint8Array[], options: WaitOptions): Promise<Removal> {
    let isFound = false;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const { items, values, others } = await this.#read(entry, () => true, options);
      isFound ||= items.length > 0;
      removed.push(...values);
      let areDeleted = true;
      for (const { path } of items) areDeleted = await this.#delete(path, options) && areDeleted;
      if (!areDeleted) continue;
      const isFoundStill = this.#form.looseNamesOf
        ? others > 0
        : await this.#items.candidates(entry, options) !== null;
      return { removed: isFound ? removed : null, isFoundStill };
    }
    throw unstable();
  }

  /**
   * Finds and unlocks the items of an entry, and reads what they hold: of the only one that was found
   * while it is asked whose it is, which saves waiting for one answer of three.
   */
  async #read(
    entry: Entry,
    isMeant: (item: Item) => boolean,
    options: WaitOptions,
  ): Promise<Own> {
    const found = await this.#items.find(this.#form.searchOf(entry), options);
    const isOne = found.length === 1 && !found[0]?.locked;
    const [all, early] = await Promise.all([
      this.#items.describe(found, options, { withTime: false }),
      isOne ? this.#valuesOf(found, options) : [],
    ]);
    const items = all.filter((item) => isMeant(item) && isEntry(this.#form, entry, item));
    if (items.length === 0) wipeAll(early);
    await this.#items.unlock(items, options);
    const values = items.length === 0 || isOne ? early : await this.#valuesOf(items, options);
    return { items, values, isFree: found.length === 0, others: all.length - items.length };
  }

  async #valuesOf(items: readonly { path: string }[], options: WaitOptions): Promise<Uint8Array[]> {
    const secrets = await this.#service.getSecrets(items.map(({ path }) => path), options);
    return [...secrets.values()].map(({ value }) => fromForm(this.#form, value));
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
      await this.#items.unlock([{ path, locked: true }], options);
      return false;
    }
  }

  /** Replaces the secret of each; `false` when one was locked or removed in the meantime. */
  async #replace(items: Item[], value: Uint8Array, options: WaitOptions): Promise<boolean> {
    const secret = { value, contentType: contentTypeOf(value) };
    for (const { path } of items) {
      try {
        await this.#service.setSecret(path, secret, options);
      } catch (error) {
        if (!isLockedError(error) && !isMissingError(error)) throw error;
        return false;
      }
    }
    return true;
  }

  /** Deletes an item; `false` when it is gone: removed since, or hidden by KeePassXC's lock. */
  async #delete(path: string, options: WaitOptions): Promise<boolean> {
    try {
      await this.#service.deleteItem(path, options);
      return true;
    } catch (error) {
      // KeePassXC can have the user confirm it.
      if (error instanceof PromptDismissedError) {
        throw notConfirmed(this.#unattended ? "Delete it in KeePassXC." : undefined);
      }
      if (!isMissingError(error)) throw error;
      return false;
    }
  }
}

function contentTypeOf(value: Uint8Array): string {
  return UTF8.decode({ bytes: value }) === undefined ? "application/octet-stream" : "text/plain";
}

/** Returns whether the program finds one of these items. */
function isFoundBy({ required }: ItemForm, items: readonly Item[]): boolean {
  if (!required) return true;
  const [name, value] = required;
  return items.some(({ attributes }) => attributes.get(name) === value);
}

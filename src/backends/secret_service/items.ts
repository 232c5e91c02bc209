// The items of an entry: found by its names, told apart by all of their attributes, and unlocked.

import type { Entry } from "../../backend.ts";
import type { ItemLayout } from "../../layouts/layout.ts";
import { countDown, type WaitOptions } from "../../lib/dbus/wait.ts";
import {
  type Attributes,
  type FoundItem,
  isEntry,
  isHidden,
  type Item,
  preferred,
} from "./identity.ts";
import { lockedFailure } from "./refusals.ts";
import { isMissingError, type SecretService } from "./service.ts";

// As many as one connection sends before the first is answered.
const AT_ONCE = 64;
// A search that took this long has waited for a person: KeePassXC can open its dialog for that.
const DIALOG_MS = 500;

export class Items {
  readonly #service: SecretService;
  readonly #layout: ItemLayout;
  readonly #timeoutMs: number;
  /** What to do about a lock, where no dialog may be opened. */
  readonly #advice: string | undefined;
  /** What was listed and is locked. KeePassXC asks for each item, but once for all of one call. */
  #listed: ReadonlySet<string> = new Set();

  constructor(
    service: SecretService,
    layout: ItemLayout,
    timeoutMs: number,
    advice: string | undefined,
  ) {
    this.#service = service;
    this.#layout = layout;
    this.#timeoutMs = timeoutMs;
    this.#advice = advice;
  }

  /** Finds the items that have these attributes, whatever else they have. */
  async find(attributes: Attributes, options: WaitOptions): Promise<FoundItem[]> {
    const { found, ms } = await this.#paths(attributes, options);
    if (found.length > 0) return found;
    // A locked database of KeePassXC hides its items.
    if (!await this.#isOther(options)) return found;
    const collection = await this.#service.readAlias("default", options);
    if (collection === undefined) return found;
    if (!await this.#service.isCollectionLocked(collection, options)) return found;
    if ((await this.#service.getItems(collection, options)).length > 0) return found;
    if (ms > DIALOG_MS) throw lockedFailure(this.#advice);
    await this.unlock([{ path: collection, locked: true }], options);
    return (await this.#paths(attributes, options)).found;
  }

  /** Finds the items that may be the entry, and reads their attributes. */
  async search(attributes: Attributes, options: WaitOptions): Promise<Item[]> {
    return await this.describe(await this.find(attributes, options), options);
  }

  /**
   * Finds the items of an entry, the one that a read answers with first; `null` where there are none.
   * Empty when those that were there are gone.
   */
  async candidates(entry: Entry, options: WaitOptions): Promise<FoundItem[] | null> {
    for (const form of this.#layout.forms) {
      const found = await this.find(form.searchOf(entry), options);
      if (found.length === 0) continue;
      if (form.looseNamesOf && found.length === 1) return found;
      const items = await this.describe(found, options);
      if (items.length === 0) return [];
      const usable = form.looseNamesOf ? items : items.filter((item) => isEntry(form, entry, item));
      if (usable.length > 0) return preferred(usable, form);
    }
    return null;
  }

  /** Reads the attributes of items, which may have to be unlocked for it. */
  async describe(
    found: readonly FoundItem[],
    options: WaitOptions,
    { withTime = true }: { withTime?: boolean } = {},
  ): Promise<Item[]> {
    const items = await this.#readAttributes(found, options, withTime);
    const hidden = items.filter(isHidden);
    if (hidden.length === 0) return items;
    await this.unlock(hidden, options);
    const unlocked = hidden.map(({ path }) => ({ path, locked: false }));
    return [
      ...items.filter((item) => !isHidden(item)),
      ...await this.#readAttributes(unlocked, options, withTime),
    ];
  }

  /** Unlocks what is locked, by one dialog for all of it. */
  async unlock(items: readonly FoundItem[], options: WaitOptions): Promise<void> {
    const locked = items.filter((item) => item.locked).map(({ path }) => path);
    if (locked.length === 0) return;
    const listed = locked.every((path) => this.#listed.has(path)) ? this.#listed : [];
    this.forgetListed();
    const all = [...new Set([...locked, ...listed])];
    const unlocked = new Set(await this.#service.unlock(all, options));
    if (!locked.every((path) => unlocked.has(path))) throw lockedFailure(this.#advice);
  }

  /** Remembers what one dialog can unlock together. */
  async rememberListed(items: readonly Item[], options: WaitOptions): Promise<void> {
    const locked = items.filter((item) => item.locked).map(({ path }) => path);
    if (locked.length > 0 && await this.#isOther(options)) {
      this.#listed = new Set([...this.#listed, ...locked]);
    }
  }

  forgetListed(): void {
    this.#listed = new Set();
  }

  /** Whether it is neither GNOME's daemon nor KDE's: those lock collections, and hide nothing. */
  async #isOther(options: WaitOptions): Promise<boolean> {
    const { isGnome, kwallet } = await this.#service.getProgram(options);
    return !isGnome && kwallet === undefined;
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

  /** One that is gone in the meantime is left out. */
  async #readAttributes(
    found: readonly FoundItem[],
    options: WaitOptions,
    withTime: boolean,
  ): Promise<Item[]> {
    const items: Item[] = [];
    let rest = options;
    for (let at = 0; at < found.length; at += AT_ONCE) {
      const some = found.slice(at, at + AT_ONCE).map((item) => this.#read(item, rest, withTime));
      items.push(...(await Promise.all(some)).filter((item) => item !== undefined));
      // gnome-keyring takes a minute for ten thousand: as long as it answers, a list goes on.
      rest = countDown({ timeoutMs: this.#timeoutMs, signal: options.signal });
    }
    return items;
  }

  async #read(
    found: FoundItem,
    options: WaitOptions,
    withTime: boolean,
  ): Promise<Item | undefined> {
    const withLabel = this.#layout.forms.some(({ isListed }) => isListed !== undefined);
    const asked = { withLabel, withTime };
    try {
      return { ...found, ...await this.#service.getProperties(found.path, options, asked) };
    } catch (error) {
      if (isMissingError(error)) return undefined;
      throw error;
    }
  }
}

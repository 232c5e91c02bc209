// The Secret Service over D-Bus, with the entries as a layout has them.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import type { ItemLayout } from "../../layouts/layout.ts";
import { pythonItems } from "../../layouts/python.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { type SessionBus, sessionBus } from "../../lib/dbus/session.ts";
import { countDown, type WaitOptions } from "../../lib/dbus/wait.ts";
import { failureOfBus, LARGEST_SECRET, LIMITS } from "../dbus_store.ts";
import { ATTEMPTS, Changes, type Removal } from "./changes.ts";
import { infosOf, isEntry, namesIn, preferred } from "./identity.ts";
import { Items } from "./items.ts";
import { belongsToOthers, halfDeleted, lockedFailure, noCollection, unstable } from "./refusals.ts";
import {
  HalfDeletedError,
  isLockedError,
  isMissingError,
  PromptDismissedError,
  SecretService,
} from "./service.ts";
import { fromForm } from "./stored_form.ts";
import { APPLICATION, TIMEOUT_MS } from "./ways.ts";

export { belongsToOthers };

// There is no dialog to answer.
const UNATTENDED =
  "Unlock it in the desktop's own program, such as Seahorse or KeePassXC, and try again.";

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
  readonly #items: Items;
  readonly #changes: Changes;
  readonly #timeoutMs: number;
  readonly #flags: string;
  readonly #advice: string | undefined;

  constructor(
    bus: SessionBus,
    layout: ItemLayout,
    timeoutMs: number,
    flags: string,
    unattended = false,
  ) {
    if (unattended) this.#advice = UNATTENDED;
    this.#service = new SecretService(bus, unattended);
    this.#layout = layout;
    this.#items = new Items(this.#service, layout, timeoutMs, this.#advice);
    this.#changes = new Changes(this.#service, this.#items, layout.forms[0], unattended);
    this.#timeoutMs = timeoutMs;
    this.#flags = flags;
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    return await this.#run(signal, async (options) => {
      this.#service.prepare(options);
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const found = await this.#items.candidates(entry, options);
        if (found === null) return null;
        const [item] = found;
        if (!item) continue;
        await this.#items.unlock([item], options);
        const secret = (await this.#service.getSecrets([item.path], options)).get(item.path);
        if (secret) return { bytes: fromForm(this.#layout.forms[0], secret.value) };
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

  /** Removes an entry, and returns whether a read still finds one that has more attributes. */
  async removeOwn(entry: Entry, signal?: AbortSignal): Promise<Removal> {
    const removed: Uint8Array[] = [];
    try {
      return await this.#run(signal, (options) => this.#changes.remove(entry, removed, options));
    } catch (error) {
      for (const value of removed) value.fill(0);
      throw error;
    }
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    return await this.#run(signal, async (options) => {
      const entries = new Map<string, EntryInfo>();
      this.#items.forgetListed();
      for (const form of this.#layout.forms.toReversed()) {
        const items = await this.#items.search(form.listOf(service), options);
        await this.#items.rememberListed(items, options);
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
        const items = await this.#items.search(form.listOf(service), options);
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
      const found = await this.#items.candidates(entry, options);
      return found !== null && found.length > 0;
    });
  }

  async locate(entry: Entry, signal?: AbortSignal): Promise<string[]> {
    return await this.#run(signal, async (options) => {
      const places: string[] = [];
      for (const form of this.#layout.forms) {
        const found = await this.#items.find(form.searchOf(entry), options);
        const items = form.looseNamesOf
          ? found
          : (await this.#items.describe(found, options)).filter((item) =>
            isEntry(form, entry, item)
          );
        places.push(...items.map(({ path }) => `secret-service:${path}`));
      }
      return places;
    });
  }

  async #store(
    entry: Entry,
    bytes: Uint8Array,
    onlyReplace: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array[]> {
    return await this.#run(signal, async (options) => {
      const stored = await this.#changes.encode(bytes, options);
      try {
        return await this.#changes.write(entry, stored, onlyReplace, options);
      } finally {
        stored.fill(0);
      }
    });
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

// The wallet by its own interface: the folder is the service, the key the username.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import type { SessionBus } from "../../lib/dbus/session.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";
import { fromStoredForm, toStoredForm } from "../../lib/stored_form.ts";
import { failureOfBus, LARGEST_SECRET, LIMITS } from "../dbus_store.ts";
import { Wallet } from "./wallet.ts";

// Here KDE keeps what other programs store through org.freedesktop.secrets.
const SECRET_SERVICE_FOLDER = "Secret Service";

/** How the bus is reached, and the flags that an error names where it is not. */
export interface BusOptions {
  bus: () => SessionBus;
  timeoutMs: number;
  flags: () => string;
  /** Whether it opens no dialog, but fails as locked. */
  unattended?: boolean | undefined;
}

/** The entries of the wallet itself. */
export class WalletBackend implements Backend {
  readonly name = "KDE Wallet";
  readonly limits = LIMITS;
  readonly maxSecretBytes = LARGEST_SECRET;
  readonly #options: BusOptions;
  readonly #isBatch: boolean;
  #opened: Wallet | undefined;
  #isChanged = false;

  constructor(options: BusOptions, isBatch = false) {
    this.#options = options;
    this.#isBatch = isBatch;
  }

  get #wallet(): Wallet {
    return this.#opened ??= new Wallet(this.#options.bus(), this.#options.unattended);
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    return await this.#run(signal, async (options) => {
      const text = await this.#find(entry, options);
      return text === null ? null : { bytes: fromStoredForm(new TextEncoder().encode(text)) };
    });
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const limit = LARGEST_SECRET;
    if (bytes.length > limit) throw new Failure("too-large", "", { size: bytes.length, limit });
    return await this.#run(signal, async (options) => {
      const replaced = await this.#find(entry, options);
      const stored = toStoredForm(bytes);
      const text = new TextDecoder().decode(stored);
      stored.fill(0);
      await this.#wallet.writePassword(entry.service, entry.username, text, options);
      await this.#save(options);
      return replaced === null ? [] : [new TextEncoder().encode(replaced)];
    });
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return await this.#run(signal, async (options) => {
      const removed = await this.#find(entry, options);
      if (removed === null) return null;
      await this.#wallet.removeEntry(entry.service, entry.username, options);
      await this.#save(options);
      return [new TextEncoder().encode(removed)];
    });
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    return await this.#run(signal, async (options) => {
      const folders = service === undefined ? await this.#folders(options) : [service];
      const entries: EntryInfo[] = [];
      for (const folder of folders) {
        if (folder === SECRET_SERVICE_FOLDER) continue;
        entries.push(...await this.#entriesOf(folder, options));
      }
      return entries;
    });
  }

  async has(entry: Entry, signal?: AbortSignal): Promise<boolean> {
    return await this.#run(signal, async (options) => await this.#exists(entry, options));
  }

  /** Finds a username of a service, as Python does: the first. */
  async findUsername(service: string, signal?: AbortSignal): Promise<string | null> {
    return await this.#run(signal, async (options) => {
      return (await this.#entriesOf(service, options))[0]?.username ?? null;
    });
  }

  /** Saves once, after the work. */
  async batch<T>(work: (backend: WalletBackend) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const batch = new WalletBackend(this.#options, true);
    try {
      return await work(batch);
    } finally {
      if (batch.#isChanged) await batch.#run(signal, (options) => batch.#wallet.sync(options));
    }
  }

  async #save(options: WaitOptions): Promise<void> {
    this.#isChanged = true;
    if (!this.#isBatch) await this.#wallet.sync(options);
  }

  // A dead handle answers "", false and [] without an error.
  async #find(entry: Entry, options: WaitOptions): Promise<string | null> {
    const { service, username } = entry;
    const text = await this.#wallet.readPassword(service, username, options);
    if (text !== "") return text;
    if (!await this.#exists(entry, options)) return null;
    if (!await this.#wallet.isPassword(service, username, options)) throw otherType();
    return await this.#wallet.readPassword(service, username, options);
  }

  async #exists({ service, username }: Entry, options: WaitOptions): Promise<boolean> {
    if (await this.#wallet.hasEntry(service, username, options)) return true;
    await this.#wallet.open(options);
    return await this.#wallet.hasEntry(service, username, options);
  }

  async #folders(options: WaitOptions): Promise<string[]> {
    const folders = await this.#wallet.folders(options);
    if (folders.length > 0) return folders;
    await this.#wallet.open(options);
    return await this.#wallet.folders(options);
  }

  async #entriesOf(folder: string, options: WaitOptions): Promise<EntryInfo[]> {
    let keys = await this.#wallet.keys(folder, options);
    if (keys.length === 0) {
      await this.#wallet.open(options);
      keys = await this.#wallet.keys(folder, options);
    }
    const isOurs = await Promise.all(
      keys.map((key) => this.#wallet.isPassword(folder, key, options)),
    );
    return keys.filter((_key, index) => isOurs[index])
      .map((username) => ({ service: folder, username }));
  }

  async #run<T>(
    signal: AbortSignal | undefined,
    work: (options: WaitOptions) => Promise<T>,
  ): Promise<T> {
    try {
      return await work({ timeoutMs: this.#options.timeoutMs, signal });
    } catch (error) {
      throw failureOfBus(error, "KDE Wallet", this.#options.flags());
    }
  }
}

function otherType(): Failure {
  return new Failure("other", "the entry with these names in KDE Wallet is not a password", {
    advice: "Look at it in KDE Wallet Manager.",
  });
}

// KDE Wallet, and behind it the Secret Service of the same session: there are the entries of scripts that
// may only run `secret-tool`, and of programs that know no KDE.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import { belongsToOthers, SecretServiceBackend } from "../secret_service/dbus_backend.ts";
import { LARGEST_SECRET, LIMITS } from "../dbus_store.ts";
import { pythonItems } from "../../layouts/python.ts";
import { type BusOptions, WalletBackend } from "./wallet_backend.ts";

export class WalletBeforeSecretService implements Backend {
  readonly name = "KDE Wallet";
  readonly limits = LIMITS;
  readonly maxSecretBytes = LARGEST_SECRET;
  // Parts that `secret-tool` stored are read, and removed with their entry.
  readonly maxLargeSecretBytes = LARGEST_SECRET;
  readonly #options: BusOptions;
  readonly #wallet: WalletBackend;
  #opened: SecretServiceBackend | undefined;

  constructor(options: BusOptions, wallet = new WalletBackend(options)) {
    this.#options = options;
    this.#wallet = wallet;
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    return await this.#wallet.read(entry, signal) ??
      await this.#behind((service) => service.read(entry, signal));
  }

  async write(entry: Entry, secret: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    // Before the wallet is changed: what is locked here, and is not unlocked, stops it.
    const behind = await this.#behind((service) => service.replace(entry, secret, signal));
    return [...behind ?? [], ...await this.#wallet.write(entry, secret, signal)];
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    const behind = await this.#behind((service) => service.removeOwn(entry, signal));
    const found = [await this.#wallet.remove(entry, signal), behind?.removed ?? null]
      .filter((removed) => removed !== null);
    const isRemoved = found.length > 0;
    if (!behind?.isFoundStill) return isRemoved ? found.flat() : null;
    for (const value of found.flat()) value.fill(0);
    throw belongsToOthers(isRemoved);
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    const [own, behind] = await Promise.all([
      this.#wallet.list(service, signal),
      this.#behind((secretService) => secretService.list(service, signal)),
    ]);
    const entries = new Map<string, EntryInfo>();
    for (const info of [...behind ?? [], ...own]) {
      entries.set(JSON.stringify([info.service, info.username]), info);
    }
    return [...entries.values()];
  }

  async findUsername(service: string, signal?: AbortSignal): Promise<string | null> {
    return await this.#wallet.findUsername(service, signal) ??
      await this.#behind((secretService) => secretService.findUsername(service, signal));
  }

  async has(entry: Entry, signal?: AbortSignal): Promise<boolean> {
    return await this.#wallet.has(entry, signal) ||
      await this.#behind((service) => service.has(entry, signal)) === true;
  }

  /** Of an entry that only the Secret Service has, nothing is here. */
  async locate(entry: Entry, signal?: AbortSignal): Promise<string[]> {
    if (!await this.#wallet.has(entry, signal)) return [];
    const { service, username } = entry;
    const behind = await this.#behind((secretService) => secretService.locate(entry, signal));
    return [`kwallet:${JSON.stringify([service, username])}`, ...behind ?? []];
  }

  async batch<T>(work: (backend: Backend) => Promise<T>, signal?: AbortSignal): Promise<T> {
    return await this.#wallet.batch(
      (wallet) => work(new WalletBeforeSecretService(this.#options, wallet)),
      signal,
    );
  }

  /** Asks the Secret Service; `null` where the session has none. */
  async #behind<T>(ask: (service: SecretServiceBackend) => Promise<T>): Promise<T | null> {
    const { bus, timeoutMs, flags, unattended } = this.#options;
    this.#opened ??= new SecretServiceBackend(bus(), pythonItems(), timeoutMs, flags(), unattended);
    try {
      return await ask(this.#opened);
    } catch (error) {
      if (error instanceof Failure && ["absent", "uninitialized"].includes(error.kind)) return null;
      throw error;
    }
  }
}

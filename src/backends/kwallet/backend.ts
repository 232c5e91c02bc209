import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure, type Viability } from "../../errors.ts";
import type { EntryInfo, Keyring } from "../../keyring.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { type SessionBus, sessionBus } from "../../lib/dbus/session.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";
import { fromStoredForm, toStoredForm } from "../../lib/stored_form.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { failureOfBus, LARGEST_SECRET, LIMITS } from "../dbus_store.ts";
import { Wallet } from "./wallet.ts";

// Here KDE keeps what other programs store through org.freedesktop.secrets.
const SECRET_SERVICE_FOLDER = "Secret Service";

/** What {@linkcode KWalletKeyring} accepts. */
export interface KWalletOptions {
  /**
   * The address of the D-Bus session; by default that of the environment, which must be readable.
   */
  bus?: string;
  /** The time limit of each call in milliseconds; 60 seconds by default, for a dialog may be open. */
  timeoutMs?: number;
}

/**
 * KDE Wallet over its own interface, with the entries where Python's keyring has them on KDE: the
 * folder is the service, the key the username. An entry of another type is never touched.
 *
 * A service or username has at most 32,000 bytes, and a secret 1 MiB. Bytes that are not text are
 * stored as Base64 behind the marker `os-keyring-base64:`. Needs `--allow-read`, `--allow-write` and
 * `--allow-net=unix:` of the bus's socket, and to read `DBUS_SESSION_BUS_ADDRESS` without `bus`.
 *
 * @example Store a password in KDE Wallet
 * ```ts ignore
 * import { KWalletKeyring } from "@os-keyring/keyring/backends";
 *
 * using keyring = new KWalletKeyring();
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class KWalletKeyring extends StoreKeyring implements Disposable {
  readonly #backend: WalletBackend;

  /**
   * Makes the keyring; nothing is connected before the first call.
   *
   * @param options The bus and the time limit.
   */
  constructor(options: KWalletOptions = {}) {
    const backend = new WalletBackend(options.bus, options.timeoutMs ?? 60_000);
    super(backend);
    this.#backend = backend;
  }

  /** Closes the connection to the bus, which all keyrings of this process share. */
  close(): void {
    this.#backend.close();
  }

  /** Closes the connection to the bus. */
  [Symbol.dispose](): void {
    this.close();
  }
}

export function open(): Keyring {
  return new KWalletKeyring();
}

/** Looks whether the bus may be used; asks the wallet nothing, since that could start it. */
export function probe(): Viability {
  const { state, flags } = busAccess();
  if (state === "granted") return { viable: true };
  return state === "denied"
    ? { viable: false, reason: "a Deno permission is missing", flag: flags }
    : { viable: false, reason: "this kind of D-Bus address is not supported" };
}

class WalletBackend implements Backend {
  readonly name = "KDE Wallet";
  readonly limits = LIMITS;
  readonly maxSecretBytes = LARGEST_SECRET;
  readonly #timeoutMs: number;
  readonly #address: string | undefined;
  #bus: SessionBus | undefined;
  #opened: Wallet | undefined;

  constructor(address: string | undefined, timeoutMs: number) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
  }

  close(): void {
    this.#bus?.close();
  }

  // Here, because without an address the environment is read.
  get #wallet(): Wallet {
    this.#bus ??= sessionBus({ address: this.#address });
    this.#opened ??= new Wallet(this.#bus);
    return this.#opened;
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
      await this.#wallet.sync(options);
      return replaced === null ? [] : [new TextEncoder().encode(replaced)];
    });
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return await this.#run(signal, async (options) => {
      const removed = await this.#find(entry, options);
      if (removed === null) return null;
      await this.#wallet.removeEntry(entry.service, entry.username, options);
      await this.#wallet.sync(options);
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
      return await work({ timeoutMs: this.#timeoutMs, signal });
    } catch (error) {
      throw failureOfBus(error, "KDE Wallet", busAccess(this.#address).flags);
    }
  }
}

function otherType(): Failure {
  return new Failure("other", "the entry of these names in KDE Wallet is not a password", {
    advice: "Look at it in KDE Wallet Manager.",
  });
}

import { Failure, notViable, type Viability } from "../../errors.ts";
import type { CallOptions, Keyring } from "../../keyring.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { type SessionBus, sessionBus } from "../../lib/dbus/session.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { failureOfBus } from "../dbus_store.ts";
import { findDaemon } from "./daemon.ts";
import { WalletBeforeSecretService } from "./fall_through.ts";

const TIMEOUT_MS = 60_000;
const PROBE_LIMIT_MS = 5_000;

/** What {@linkcode KWalletKeyring} accepts. */
export interface KWalletOptions {
  /**
   * The address of the D-Bus session; by default that of the environment, which must be readable.
   */
  bus?: string;
  /** The time limit of each call in milliseconds; 60 seconds by default, since a dialog may be open. */
  timeoutMs?: number;
}

/**
 * KDE Wallet through its own interface, with the entries where Python's keyring has them on KDE: the
 * folder is the service, the key the username. An entry of another type is never touched.
 *
 * Entries that the wallet does not have are looked for in the Secret Service of the same session,
 * where a script that may only run `secret-tool`, and many other programs, keep their entries. A
 * write replaces an entry there too, where there is one, and a delete removes it.
 *
 * A service or username has at most 32,000 bytes, and a secret 1 MiB. Bytes that are not text are
 * stored as Base64 behind the marker `os-keyring-base64:`. Needs `--allow-read`, `--allow-write` and
 * `--allow-net=unix:` of the bus's socket, and to read `DBUS_SESSION_BUS_ADDRESS` without `bus`.
 *
 * @example Store a password in KDE Wallet
 * ```ts
 * import { KWalletKeyring } from "@os-keyring/keyring/backends";
 *
 * using keyring = new KWalletKeyring();
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class KWalletKeyring extends StoreKeyring implements AsyncDisposable, Disposable {
  readonly #bus: () => SessionBus;

  /**
   * Makes the keyring; nothing is connected before the first call.
   *
   * @param options The bus and the time limit.
   */
  constructor(options: KWalletOptions = {}) {
    const { bus: address, timeoutMs = TIMEOUT_MS } = options;
    // Asked for at the first call, because without an address the environment is read.
    const bus = () => sessionBus({ address });
    const access = { bus, timeoutMs, flags: () => busAccess(address).flags };
    super(new WalletBeforeSecretService(access));
    this.#bus = bus;
  }

  /** Closes the connection to the bus, which all keyrings of this process share. */
  close(): void {
    this.#bus().close();
  }

  /** Closes the connection to the bus. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes the connection to the bus, and waits until it is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus()[Symbol.asyncDispose]();
  }
}

export function open({ unattended }: { unattended?: boolean | undefined } = {}): Keyring {
  if (!unattended) return new KWalletKeyring();
  const [bus, flags] = [() => sessionBus(), () => busAccess().flags];
  const access = { bus, timeoutMs: TIMEOUT_MS, flags, unattended };
  return new StoreKeyring(new WalletBeforeSecretService(access));
}

export function flags(): string {
  return busAccess().flags;
}

/** Checks whether the daemon is running; sends it nothing, since that could start it. */
export async function probe({ signal }: CallOptions = {}): Promise<Viability> {
  const { state, flags } = busAccess();
  if (state === "denied") {
    return { viable: false, reason: "a Deno permission is missing", flag: flags };
  }
  if (state === "unsupported") {
    return { viable: false, reason: "this kind of D-Bus address is not supported" };
  }
  try {
    const daemon = await findDaemon(sessionBus(), { signal, timeoutMs: PROBE_LIMIT_MS });
    if (daemon === undefined) {
      return { viable: false, reason: "KDE Wallet is not running", absent: true };
    }
    return { viable: true };
  } catch (error) {
    const failure = failureOfBus(error, "KDE Wallet", flags);
    if (failure instanceof Failure) return notViable(failure);
    throw error;
  }
}

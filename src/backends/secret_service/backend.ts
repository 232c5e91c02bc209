import { busAccess } from "../../lib/dbus/access.ts";
import { type SessionBus, sessionBus } from "../../lib/dbus/session.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { SecretServiceBackend } from "./dbus_backend.ts";
import { APPLICATION, shim, TIMEOUT_MS } from "./open.ts";

/** The options of a {@linkcode SecretServiceKeyring}. */
export interface SecretServiceOptions {
  /**
   * The address of the D-Bus session, such as `unix:path=/run/user/1000/bus`. With it, the keyring
   * speaks D-Bus itself instead of running `secret-tool`: several times faster, up to 1 MiB in one
   * item, and a killed process leaves the old secret or the new one. Needs `--allow-read`,
   * `--allow-write` and `--allow-net=unix:` of that socket.
   */
  bus?: string;
  /** The absolute path of `secret-tool`; `/usr/bin/secret-tool` by default. */
  secretTool?: string;
  /** The time limit of each run of it; 60 seconds by default, for an unlock dialog may be open. */
  timeoutMs?: number;
  /** The `application` attribute; that of Python's keyring by default, so that both share. */
  application?: string;
}

/**
 * The keyring of a Linux desktop. Shares its entries with Python's `keyring`, and reads those of
 * other programs that name them by `service` and `username`.
 *
 * A service or username has at most 32,768 bytes. Text of up to 8,191 bytes is stored as it is; a
 * larger secret, up to 1 MiB, in several items. Secrets that are not text, or that the keyring's file
 * could damage, are stored as Base64 behind the marker `os-keyring-base64:`.
 *
 * `list()` without a service lists only the entries with this keyring's `application`.
 *
 * @example Store a password in the desktop's keyring
 * ```ts ignore
 * import { SecretServiceKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new SecretServiceKeyring({ timeoutMs: 10_000 });
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class SecretServiceKeyring extends StoreKeyring implements Disposable {
  readonly #bus: SessionBus | undefined;

  /**
   * Makes the keyring; nothing is started before the first call.
   *
   * @param options The bus or the program, the time limit and the application's name.
   */
  constructor(options: SecretServiceOptions = {}) {
    const { bus, application = APPLICATION, timeoutMs = TIMEOUT_MS } = options;
    const session = bus === undefined ? undefined : sessionBus({ address: bus });
    super(
      session
        ? new SecretServiceBackend(session, application, timeoutMs, busAccess(bus).flags)
        : shim(options),
    );
    this.#bus = session;
  }

  /** Closes the connection to the bus, which all keyrings of this process share; see `bus`. */
  close(): void {
    this.#bus?.close();
  }

  /** Closes the connection to the bus. */
  [Symbol.dispose](): void {
    this.close();
  }
}

import type { Viability } from "../../errors.ts";
import { guard } from "../../layouts/guard.ts";
import type { LayoutName } from "../../layouts/names.ts";
import { layoutOf } from "../../layouts/table.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { type SessionBus, sessionBus } from "../../lib/dbus/session.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { failureOfBus } from "../dbus_store.ts";
import { overBus } from "./dbus_backend.ts";
import { needsBus } from "./needs_bus.ts";
import { noCollection } from "./refusals.ts";
import { DEFAULT_COLLECTION, SecretService } from "./service.ts";
import { shim } from "./shim.ts";
import { describeWay, grantedBus } from "./ways.ts";

/** The options of a {@linkcode SecretServiceKeyring}. */
export interface SecretServiceOptions {
  /**
   * The address of the D-Bus session, such as `unix:path=/run/user/1000/bus`; by default that of the
   * environment, where it may be read.
   */
  bus?: string;
  /**
   * The absolute path of `secret-tool`, to run that program and use no D-Bus; where D-Bus may not be
   * used, `/usr/bin/secret-tool` is run.
   */
  secretTool?: string;
  /**
   * The time limit of each call; 60 seconds by default, for an unlock dialog may be open. A dialog
   * that nobody answers in time stays open, and the next call waits for the same one. A list of many
   * entries goes on as long as each 64 of them come in time.
   */
  timeoutMs?: number;
  /** The `application` attribute; that of Python's keyring by default, so that both share. */
  application?: string;
  /**
   * The program whose entries are read and written, in its own form; needs D-Bus.
   *
   * @default {"python"}
   */
  layout?: LayoutName;
}

/**
 * The keyring of a Linux desktop. Shares its entries with Python's `keyring`, and reads those of
 * other programs that name them by `service` and `username`.
 *
 * It speaks D-Bus where the process may use the session's socket: with `--allow-read=PATH`,
 * `--allow-write=PATH` and `--allow-net=unix:PATH` of it, and, without the option `bus`,
 * `--allow-env=DBUS_SESSION_BUS_ADDRESS,XDG_RUNTIME_DIR`. Without these grants it runs
 * `secret-tool` for each step, which needs `--allow-run=/usr/bin/secret-tool`. That is many times
 * slower, cannot tell apart items that have more attributes, and a process that is killed while it
 * stores can leave an empty entry. Which of the two, the permissions decide; nobody is asked.
 *
 * A service or username has at most 32,000 bytes, a secret 1 MiB. With `secret-tool`, one of more
 * than 8,191 bytes is stored in several items. Secrets that are not text, or that the keyring's file
 * could damage, are stored as Base64 behind the marker `os-keyring-base64:`.
 *
 * `list()` without a service lists only the entries with this keyring's `application`.
 *
 * @example Store a password in the desktop's keyring
 * ```ts
 * import { SecretServiceKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new SecretServiceKeyring({ timeoutMs: 10_000 });
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class SecretServiceKeyring extends StoreKeyring implements AsyncDisposable, Disposable {
  readonly #bus: SessionBus | undefined;

  /**
   * Makes the keyring; nothing is started before the first call.
   *
   * @param options The bus or the program, the time limit and the application's name.
   */
  constructor(options: SecretServiceOptions = {}) {
    const layout = layoutOf(options.layout);
    const isPython = layout.name === "python";
    if (!isPython && options.secretTool !== undefined) {
      throw new TypeError(`The layout "${layout.name}" needs D-Bus, and not secret-tool`);
    }
    const items = isPython ? undefined : layout.secretService;
    const address = options.bus ?? (options.secretTool === undefined ? grantedBus() : undefined);
    const backend = address !== undefined
      ? overBus({ ...options, address, items })
      : isPython
      ? shim(options)
      : needsBus();
    super(guard(backend, layout));
    this.#bus = address === undefined ? undefined : sessionBus({ address });
  }

  /** Closes the connection to the bus, which all keyrings of this process share. */
  close(): void {
    this.#bus?.close();
  }

  /** Closes the connection to the bus. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes the connection to the bus, and waits until it is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bus?.[Symbol.asyncDispose]();
  }
}

/** Looks at the default collection. Without a search, for which KeePassXC can open a dialog. */
export async function probeBus(address: string, options: WaitOptions): Promise<Viability> {
  const service = new SecretService(sessionBus({ address }));
  try {
    const collection = await service.readAlias("default", options);
    if (collection === undefined) throw noCollection();
    const [isLocked, isEncrypted] = await Promise.all([
      service.isCollectionLocked(DEFAULT_COLLECTION, options),
      service.isEncrypted(options),
    ]);
    const notes = ["over D-Bus"];
    if (isLocked) notes.push("the default keyring is locked");
    if (!isEncrypted) {
      notes.push("secrets are not encrypted on their way, which it does not support");
    }
    return { viable: true, note: await describeWay(...notes) };
  } catch (error) {
    throw failureOfBus(error, "the Secret Service", busAccess(address).flags);
  }
}

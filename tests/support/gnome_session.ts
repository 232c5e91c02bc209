// gnome-keyring on a bus and in a home folder of its own, for one test; with a display if need be.

import {
  SecretServiceKeyring,
  type SecretServiceOptions,
} from "../../src/backends/secret_service/backend.ts";
import { busCall, Connection, type MethodCall } from "../../src/lib/dbus/connection.ts";
import { Variant } from "../../src/lib/dbus/types.ts";
import { type Outcome, runToEnd } from "../fixtures/command.ts";
import { exists, noBus, PrivateBus } from "../lib/dbus/private_bus.ts";
import type { Screen } from "./screen.ts";

/** Made up. */
export const PASSWORD = "correct-horse";
export const COLLECTION = "/org/freedesktop/secrets/collection/login";

const DAEMON = "/usr/bin/gnome-keyring-daemon";
const SECRETS = "org.freedesktop.secrets";
const PROMPTER = "/usr/libexec/gcr-prompter";
const PROMPTERS = { SystemPrompter: PROMPTER, PrivatePrompter: PROMPTER };

export const noGnome = noBus || !exists(DAEMON);

export class GnomeSession implements AsyncDisposable {
  readonly bus: PrivateBus;
  /** The variables of this session, for a program. */
  readonly env: Record<string, string>;
  readonly #screen: Screen | undefined;
  #daemon: Deno.ChildProcess | undefined;

  private constructor(bus: PrivateBus, screen: Screen | undefined) {
    this.bus = bus;
    this.#screen = screen;
    this.env = { ...bus.env, ...variablesOf(bus.folder), DBUS_SESSION_BUS_ADDRESS: bus.address };
  }

  /** Starts a session, whose keyring is unlocked, and whose dialogs are shown on a screen. */
  static async start(screen?: Screen): Promise<GnomeSession> {
    const names = Object.entries(PROMPTERS).map(([name, program]) =>
      [`org.gnome.keyring.${name}`, program] as const
    );
    const env = screen ? { DISPLAY: screen.name, NO_AT_BRIDGE: "1" } : {};
    const bus = await PrivateBus.start({ services: screen ? Object.fromEntries(names) : {}, env });
    const session = new GnomeSession(bus, screen);
    await session.startDaemon();
    return session;
  }

  get address(): string {
    return this.bus.address;
  }

  keyring(options: SecretServiceOptions = {}): SecretServiceKeyring {
    return new SecretServiceKeyring({ bus: this.address, ...options });
  }

  /** Starts a daemon; without a password, its keyring stays locked. */
  async startDaemon(password: string | undefined = PASSWORD): Promise<void> {
    const folder = await Deno.makeTempDir({ dir: this.bus.folder });
    const unlock = password === "" ? [] : ["--unlock"];
    const args = [
      ...unlock,
      "--foreground",
      "--components=secrets",
      `--control-directory=${folder}`,
    ];
    const pipes = { stdin: "piped", stdout: "null", stderr: "null" } as const;
    this.#daemon = new Deno.Command(DAEMON, { args, env: this.env, ...pipes }).spawn();
    const writer = this.#daemon.stdin.getWriter();
    await writer.write(new TextEncoder().encode(password));
    await writer.close();
    await this.#untilOwned(true);
  }

  async stopDaemon(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    const daemon = this.#daemon;
    // Another one may be started before this one has ended.
    this.#daemon = undefined;
    try {
      daemon?.kill(signal);
    } catch (error) {
      // It has ended already.
      if (!(error instanceof TypeError)) throw error;
    }
    await daemon?.status;
  }

  /** Stops the daemon for a while, without ending it. */
  async pauseDaemon(isPaused: boolean): Promise<void> {
    this.#daemon?.kill(isPaused ? "SIGSTOP" : "SIGCONT");
    // Each of its threads goes on until the signal has reached it.
    while (isPaused && await this.#isRunning()) await pause(1);
  }

  /** Whether the daemon that was started last still runs. */
  get isAlive(): boolean {
    return exists(`/proc/${this.#daemon?.pid}/exe`);
  }

  /** Puts a new daemon in the place of this one. */
  async restartDaemon(password?: string): Promise<void> {
    await this.stopDaemon();
    await this.#untilOwned(false);
    await this.startDaemon(password);
  }

  /** Restarts the bus, and with it the daemon, which does not outlive it. */
  async restartBus(password?: string): Promise<void> {
    await this.stopDaemon();
    await this.bus.restart();
    await this.startDaemon(password);
  }

  async lock(): Promise<void> {
    await this.call({
      ...{ destination: SECRETS, path: "/org/freedesktop/secrets", member: "Lock" },
      ...{ interface: "org.freedesktop.Secret.Service", signature: "ao", body: [[COLLECTION]] },
    });
  }

  /** Makes a keyring without a password the default one, by the daemon's own way around a dialog. */
  async makePlainKeyring(): Promise<void> {
    await using connection = await Connection.connect(this.address);
    const root = { destination: SECRETS, path: "/org/freedesktop/secrets" };
    const call = async (owner: string, member: string, signature: string, ...body: unknown[]) => {
      const all = { ...root, interface: owner, member, signature, body };
      return (await connection.call(all)).body ?? [];
    };
    await call("org.freedesktop.DBus.Peer", "Ping", "");
    const service = "org.freedesktop.Secret.Service";
    const [, path] = await call(service, "OpenSession", "sv", "plain", new Variant("s", ""));
    const properties = new Map([[
      "org.freedesktop.Secret.Collection.Label",
      new Variant("s", "plain"),
    ]]);
    const password = [path, new Uint8Array(), new Uint8Array(), "text/plain"];
    const internal = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
    const create = "CreateWithMasterPassword";
    const [keyring] = await call(internal, create, "a{sv}(oayays)", properties, password);
    await call(service, "SetAlias", "so", "default", keyring);
  }

  /** Makes one call over a connection of its own. */
  async call(call: MethodCall): Promise<readonly unknown[]> {
    await using connection = await Connection.connect(this.address);
    return (await connection.call(call)).body ?? [];
  }

  /** How many connections to this bus there ever were; asking makes one. */
  async connections(): Promise<number> {
    await using connection = await Connection.connect(this.address);
    return Number(connection.uniqueName.replace(":1.", ""));
  }

  /** Runs a program in this session. */
  run(program: string, args: string[], stdin = ""): Promise<Outcome> {
    return runToEnd(program, args, stdin, this.env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopDaemon();
    await this.#screen?.killPrompter();
    await this.bus[Symbol.asyncDispose]();
  }

  async #untilOwned(owned: boolean): Promise<void> {
    await using connection = await Connection.connect(this.address);
    const asking = busCall("NameHasOwner", SECRETS);
    while ((await connection.call(asking)).body?.[0] !== owned) {
      await pause(5);
    }
  }

  async #isRunning(): Promise<boolean> {
    const folder = `/proc/${this.#daemon?.pid}/task`;
    for (const { name } of exists(folder) ? Deno.readDirSync(folder) : []) {
      // A thread that has ended meanwhile does not run.
      const stat = await Deno.readTextFile(`${folder}/${name}/stat`).catch(() => ") T ");
      if (!/\) T /.test(stat)) return true;
    }
    return false;
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function variablesOf(folder: string): Record<string, string> {
  const data = `${folder}/data`;
  return {
    ...{ HOME: folder, XDG_RUNTIME_DIR: folder, XDG_DATA_HOME: data, XDG_CONFIG_HOME: data },
    ...{ XDG_CACHE_HOME: data, XDG_STATE_HOME: data, G_MESSAGES_DEBUG: "" },
    DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
  };
}

// The calls of org.kde.KWallet, which kwalletd5 and kwalletd6 answer alike.

import { Failure } from "../../errors.ts";
import { BUS } from "../../lib/dbus/connection.ts";
import type { SessionBus } from "../../lib/dbus/session.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";

const DAEMONS = ["kwalletd6", "kwalletd5"];
const INTERFACE = "org.kde.KWallet";
// KDE asks the user about each program by this name, and remembers the answer.
const APPLICATION = "os-keyring";
/** The type of an entry that holds a password; others hold streams and maps. */
const PASSWORD = 1;

interface Daemon {
  name: string;
  path: string;
}

/** The wallet that passwords of programs belong to, opened when it is first needed. */
export class Wallet {
  readonly #bus: SessionBus;
  #daemon: Daemon | undefined;
  #handle: number | undefined;

  constructor(bus: SessionBus) {
    this.#bus = bus;
  }

  /**
   * Opens the wallet, which may show a dialog. A handle that is dead, since the wallet was closed or
   * the daemon restarted, answers like an empty wallet: so it is opened again before anything is
   * reported as missing. It costs one call as long as the wallet is open.
   */
  async open(options: WaitOptions): Promise<void> {
    const [wallet] = await this.#read("networkWallet", "", [], options);
    const [handle] = await this.#read("open", "sxs", [wallet, 0n, APPLICATION], options);
    if (typeof handle !== "number" || handle < 0) {
      throw new Failure("locked", "the wallet was not opened", {
        advice: "Answer the dialog of KDE Wallet, and try again.",
      });
    }
    this.#handle = handle;
  }

  /** Finds the daemon, without starting one that is switched off. */
  async requireEnabled(options: WaitOptions): Promise<void> {
    const [enabled] = await this.#read("isEnabled", "", [], options);
    if (enabled === true) return;
    throw new Failure("absent", "KDE Wallet is switched off", {
      advice: "Switch it on in System Settings, or set Enabled=true in kwalletrc.",
    });
  }

  async hasEntry(folder: string, key: string, options: WaitOptions): Promise<boolean> {
    return (await this.#readOf("hasEntry", "ss", [folder, key], options))[0] === true;
  }

  /** Returns whether an entry holds a password, rather than something of another type. */
  async isPassword(folder: string, key: string, options: WaitOptions): Promise<boolean> {
    return (await this.#readOf("entryType", "ss", [folder, key], options))[0] === PASSWORD;
  }

  async readPassword(folder: string, key: string, options: WaitOptions): Promise<string> {
    return String((await this.#readOf("readPassword", "ss", [folder, key], options))[0] ?? "");
  }

  async folders(options: WaitOptions): Promise<string[]> {
    return strings((await this.#readOf("folderList", "", [], options))[0]);
  }

  async keys(folder: string, options: WaitOptions): Promise<string[]> {
    return strings((await this.#readOf("entryList", "s", [folder], options))[0]);
  }

  async writePassword(folder: string, key: string, text: string, options: WaitOptions) {
    requireDone((await this.#change("writePassword", "sss", [folder, key, text], options))[0]);
  }

  async removeEntry(folder: string, key: string, options: WaitOptions): Promise<void> {
    requireDone((await this.#change("removeEntry", "ss", [folder, key], options))[0]);
  }

  /** Saves the wallet at once; by itself the daemon does so five seconds after the last change. */
  async sync(options: WaitOptions): Promise<void> {
    await this.#change("sync", "", [], options);
  }

  async #readOf(member: string, signature: string, body: unknown[], options: WaitOptions) {
    if (this.#handle === undefined) {
      await this.requireEnabled(options);
      await this.open(options);
    }
    const all = [this.#handle, ...body, APPLICATION];
    return await this.#read(member, `i${signature}s`, all, options);
  }

  async #change(member: string, signature: string, body: unknown[], options: WaitOptions) {
    const { name, path } = await this.#find(options);
    const all = [this.#handle ?? -1, ...body, APPLICATION];
    const call = { path, interface: INTERFACE, member, signature: `i${signature}s`, body: all };
    return (await this.#bus.call(name, call, options)).body ?? [];
  }

  async #read(member: string, signature: string, body: unknown[], options: WaitOptions) {
    const { name, path } = await this.#find(options);
    const call = { path, interface: INTERFACE, member, signature, body };
    return (await this.#bus.call(name, call, { ...options, idempotent: true })).body ?? [];
  }

  async #find(options: WaitOptions): Promise<Daemon> {
    this.#daemon ??= await findDaemon(this.#bus, options);
    return this.#daemon;
  }
}

/** Finds the daemon that runs, else one that the bus can start. */
async function findDaemon(bus: SessionBus, options: WaitOptions): Promise<Daemon> {
  for (const daemon of DAEMONS) {
    const [owned] = await callBus(bus, "NameHasOwner", [`org.kde.${daemon}`], options);
    if (owned === true) return daemonOf(daemon);
  }
  const [activatable] = await callBus(bus, "ListActivatableNames", [], options);
  const found = DAEMONS.find((daemon) => strings(activatable).includes(`org.kde.${daemon}`));
  if (found) return daemonOf(found);
  throw new Failure("absent", "KDE Wallet is not running", {
    advice: "Log in to a KDE desktop session with KDE Wallet switched on.",
  });
}

function daemonOf(daemon: string): Daemon {
  return { name: `org.kde.${daemon}`, path: `/modules/${daemon}` };
}

async function callBus(bus: SessionBus, member: string, body: string[], options: WaitOptions) {
  const call = { path: "/org/freedesktop/DBus", interface: BUS, member, body };
  const signature = "s".repeat(body.length);
  const all = { ...options, idempotent: true };
  return (await bus.call(BUS, { ...call, signature }, all)).body ?? [];
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function requireDone(status: unknown): void {
  if (status === 0) return;
  throw new Failure("other", `KDE Wallet refused it (${status})`, {
    code: Number(status),
    advice: "Open the wallet, and try again.",
  });
}

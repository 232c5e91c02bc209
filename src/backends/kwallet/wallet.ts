// The calls of org.kde.KWallet, which kwalletd5 and kwalletd6 answer alike.

import { Failure } from "../../errors.ts";
import type { SessionBus } from "../../lib/dbus/session.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";
import { type Daemon, findDaemon } from "./daemon.ts";

const INTERFACE = "org.kde.KWallet";
// KDE asks the user about each program by this name, and remembers the answer.
const APPLICATION = "os-keyring";
const SWITCH_ON = "Log in to a KDE session, and switch KDE Wallet on: in System Settings, or by " +
  "Enabled=true under [Wallet] in ~/.config/kwalletrc.";
/** The type of an entry that holds a password; others hold streams and maps. */
const PASSWORD = 1;
const DONE = 0;
const NO_SUCH_ENTRY = -3;

/** The wallet that passwords of programs belong to, opened when it is first needed. */
export class Wallet {
  readonly #bus: SessionBus;
  #daemon: Daemon | undefined;
  #handle: number | undefined;
  /** Who has changes that are not saved yet: a successor does not know them. */
  #unsavedBy: string | undefined;

  readonly #unattended: boolean;

  constructor(bus: SessionBus, unattended = false) {
    this.#bus = bus;
    this.#unattended = unattended;
  }

  /**
   * Opens the wallet, which may show a dialog. A handle that is dead, since the wallet was closed or
   * the daemon restarted, answers like an empty wallet: so it is opened again before anything is
   * reported as missing. It costs one call as long as the wallet is open.
   */
  async open(options: WaitOptions): Promise<void> {
    const [wallet] = await this.#read("networkWallet", "", [], options);
    if (this.#unattended) await this.#requireOpen(wallet, options);
    const [handle] = await this.#read("open", "sxs", [wallet, 0n, APPLICATION], options);
    if (typeof handle !== "number" || handle < 0) {
      throw new Failure("locked", "the wallet was not opened", {
        advice: "Answer the dialog of KDE Wallet, and try again. If none appears, allow " +
          `"${APPLICATION}" under Access Control in the settings of KDE Wallet.`,
      });
    }
    this.#handle = handle;
  }

  async #requireOpen(wallet: unknown, options: WaitOptions): Promise<void> {
    const [isOpen] = await this.#read("isOpen", "s", [wallet], options);
    if (isOpen === true) return;
    const advice = "Open it, in KDE Wallet Manager, and try again.";
    throw new Failure("locked", "the wallet is closed", { advice });
  }

  /** Finds the daemon, without starting one that is switched off. */
  async requireEnabled(options: WaitOptions): Promise<void> {
    const [enabled] = await this.#read("isEnabled", "", [], options);
    if (enabled === true) return;
    throw new Failure("absent", "KDE Wallet is switched off", {
      advice: SWITCH_ON,
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
    requireDone(await this.#mustChange("writePassword", "sss", [folder, key, text], options));
  }

  async removeEntry(folder: string, key: string, options: WaitOptions): Promise<void> {
    const status = await this.#mustChange("removeEntry", "ss", [folder, key], options);
    if (status !== NO_SUCH_ENTRY) requireDone(status);
  }

  /** Saves the wallet at once; otherwise the daemon does so five seconds after the last change. */
  async sync(options: WaitOptions): Promise<void> {
    await this.#change("sync", "", [], options);
    this.#unsavedBy = undefined;
  }

  async #mustChange(member: string, signature: string, body: unknown[], options: WaitOptions) {
    const status = await this.#change(member, signature, body, options);
    if (status === DONE) return DONE;
    // To a dead handle it answers so, and changes nothing.
    await this.open(options);
    return await this.#change(member, signature, body, options);
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
    return await this.#bus.use(name, async (peer, rest) => {
      const unsavedBy = this.#unsavedBy ?? peer.owner;
      this.#unsavedBy = undefined;
      if (peer.owner !== unsavedBy) throw notSaved();
      const reply = await peer.call(call, rest);
      this.#unsavedBy = peer.owner;
      return reply.body?.[0];
    }, options);
  }

  async #read(member: string, signature: string, body: unknown[], options: WaitOptions) {
    const { name, path } = await this.#find(options);
    const call = { path, interface: INTERFACE, member, signature, body };
    return (await this.#bus.call(name, call, { ...options, idempotent: true })).body ?? [];
  }

  async #find(options: WaitOptions): Promise<Daemon> {
    this.#daemon ??= await findDaemon(this.#bus, options);
    if (this.#daemon) return this.#daemon;
    throw new Failure("absent", "KDE Wallet is not running", { advice: SWITCH_ON });
  }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function notSaved(): Failure {
  return new Failure("other", "KDE Wallet was ended before it saved the change", {
    advice: "Try again.",
  });
}

function requireDone(status: unknown): void {
  if (status === DONE) return;
  throw new Failure("other", `KDE Wallet refused it (${status})`, {
    code: Number(status),
    advice: "Open the wallet, and try again.",
  });
}

// The macOS Keychain through the system's own `security` command. In most layouts entries are
// generic passwords: the service is their service and the username their account.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure, type Viability } from "../../errors.ts";
import type { CallOptions, EntryInfo, Keyring } from "../../keyring.ts";
import { guard } from "../../layouts/guard.ts";
import { GENERIC_PASSWORD } from "../../layouts/keychain.ts";
import type { KeychainForm, KeychainLayout, LayoutName } from "../../layouts/layout.ts";
import { layoutOf } from "../../layouts/table.ts";
import { equal, hasAt, wipeAll } from "../../lib/bytes.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { failureOfStatus, ITEM_NOT_FOUND, NO_DEFAULT_KEYCHAIN } from "./errors.ts";
import { addArguments, type FoundItem, Items } from "./items.ts";
import { entriesOf, modifiedOf, parseDump, textsOf } from "./output.ts";
import { commandLine, encodeHex, MAX_LINE_BYTES, programFor, runSecurity } from "./security.ts";

/** What {@linkcode MacOSKeyring} accepts. */
export interface MacOSKeyringOptions {
  /**
   * The path of the keychain to use, which must exist. Without it, entries are looked for in the
   * user's search list and new ones go to the default keychain, which is usually `login`.
   */
  keychain?: string;
  /**
   * The time limit of each command in milliseconds. The time that a dialog waits for the user is
   * included.
   *
   * @default {60000}
   */
  timeoutMs?: number;
  /**
   * The program whose entries are read and written, in its own form. Python, keytar, Bun and Rust
   * share theirs.
   *
   * @default {"python"}
   */
  layout?: LayoutName;
}

/**
 * The macOS Keychain.
 *
 * It needs `--allow-run=/usr/bin/security`. An item holds a secret of up to about 1,900 bytes, less
 * with long names. A larger secret is cut into parts, which are items too.
 *
 * @example Use a separate keychain
 * ```ts
 * import { MacOSKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new MacOSKeyring({ keychain: "/Users/me/Library/Keychains/ci.keychain-db" });
 * await keyring.setPassword("my_app", "alice", "correct horse");
 * ```
 */
export class MacOSKeyring extends StoreKeyring {
  /**
   * Makes the keyring; nothing is started before the first call.
   *
   * @param options The keychain to use, the time limit and the layout.
   */
  constructor(options: MacOSKeyringOptions = {}) {
    super(guard(new Keychain(options), layoutOf(options.layout)));
  }
}

export function open({ layout = "python" }: { layout?: LayoutName | undefined } = {}): Keyring {
  return new MacOSKeyring({ layout });
}

export function flags(): string {
  return `--allow-run=${programFor({})}`;
}

const PROBE_LIMIT_MS = 5_000;

export async function probe(options: CallOptions = {}): Promise<Viability> {
  const program = programFor(options);
  if (Deno.permissions.querySync({ name: "run", command: program }).state !== "granted") {
    return {
      viable: false,
      reason: "a Deno permission is missing",
      flag: `--allow-run=${program}`,
    };
  }
  const command = { command: "default-keychain", args: [], timeoutMs: PROBE_LIMIT_MS };
  try {
    const { signal } = options;
    const { status } = await runSecurity(program, { ...command, discardStdout: true, signal });
    if (status === 0) return { viable: true };
    return { viable: false, reason: failureOfStatus(NO_DEFAULT_KEYCHAIN).message };
  } catch (error) {
    if (error instanceof Failure) return { viable: false, reason: error.message };
    throw error;
  }
}

// Keychains are said to be damaged by many writers at once.
const turns = new Semaphore(1);

/** What an entry holds before it is replaced or removed. */
interface OldItem {
  values: Uint8Array[];
  /** `null` if there is certainly none; missing if it could not be read. */
  item?: FoundItem | null;
}

/** A named keychain, or without a name the user's search list and default keychain. */
export class Keychain implements Backend {
  readonly name = "macOS Keychain";
  readonly limits = {
    unit: "bytes",
    service: MAX_LINE_BYTES,
    username: MAX_LINE_BYTES,
    forbidden: { "\n": "newline" },
  } as const;
  readonly maxSecretBytes: number;
  readonly maxLargeSecretBytes = 42_000;
  readonly #items: Items;
  readonly #layout: KeychainLayout;

  constructor(options: MacOSKeyringOptions = {}) {
    const { keychain, timeoutMs = 60_000 } = options;
    this.#items = new Items(programFor(options), keychain, timeoutMs);
    this.#layout = layoutOf(options.layout).macos;
    this.maxSecretBytes = this.#roomBeside(GENERIC_PASSWORD, {
      service: "s".repeat(128),
      username: "u".repeat(512),
    });
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    await this.#items.requireNamed(signal);
    for (const form of this.#layout.forms) {
      const found = await this.#items.find(form, entry, signal);
      if (found) return { bytes: this.#decode(found.stored) };
    }
    await this.#items.requireDefault(signal);
    return null;
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const [form] = this.#layout.forms;
    this.#requireRoom(bytes, form, entry);
    return await turns.run(signal, async () => {
      await this.#items.requireNamed(signal);
      const old = await this.#findOld(form, entry, signal);
      try {
        if (old.item) this.#requireRoom(bytes, form, entry, old.item);
        await this.#add(form, entry, old, bytes, signal);
        return old.values;
      } catch (error) {
        wipeAll(old.values);
        throw error;
      }
    });
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    const [form] = this.#layout.forms;
    return await turns.run(signal, async () => {
      await this.#items.requireNamed(signal);
      const { values: removed, item } = await this.#findOld(form, entry, signal);
      const args = item?.args ?? (form.class === "generic" ? form.argumentsOf(entry) : undefined);
      const status = args ? await this.#items.delete(form, args, signal) : ITEM_NOT_FOUND;
      if (status !== 0) wipeAll(removed);
      if (status !== 0 && status !== ITEM_NOT_FOUND) throw failureOfStatus(status);
      if (await this.#isReadOnly(entry, signal)) throw belongsToOthers(status === 0);
      if (status === 0) return removed;
      await this.#items.requireDefault(signal);
      return null;
    });
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    const stdout = await this.#items.dump(signal);
    const entries = this.#layout.forms.flatMap((form) =>
      entriesOf(parseDump(stdout, form.class), form, service)
    );
    const byName = new Map(entries.toReversed().map((entry) => [namesKey(entry), entry]));
    return [...byName.values()];
  }

  async locate(entry: Entry, signal?: AbortSignal): Promise<string[]> {
    await this.#items.requireNamed(signal);
    const places: string[] = [];
    for (const form of this.#layout.forms) {
      const found = await this.#items.search(form, entry, signal);
      if (!found) continue;
      const keychain = textsOf(found.attributes).get("keychain") ?? "";
      places.push(["macos", keychain, form.class, ...form.argumentsOf(entry)].join("\0"));
    }
    if (places.length === 0) await this.#items.requireDefault(signal);
    return places;
  }

  /** Gives one key to the names of one item; those of some programs can be written in two ways. */
  keyOf(entry: Entry): string {
    return this.#layout.forms[0].argumentsOf(entry).join("\0");
  }

  async #isReadOnly(entry: Entry, signal: AbortSignal | undefined): Promise<boolean> {
    for (const form of this.#layout.forms.slice(1)) {
      if (await this.#items.search(form, entry, signal)) return true;
    }
    return false;
  }

  #decode(stored: Uint8Array): Uint8Array {
    const { decode } = this.#layout;
    if (!decode) return stored;
    const secret = decode(stored);
    stored.fill(0);
    if (secret) return secret;
    throw new Failure("corrupt", "the entry is not encoded as its program encodes it");
  }

  // What cannot be read can still be replaced. Only what the user would have to refuse or to
  // wait for a second time is not tried.
  async #findOld(
    form: KeychainForm,
    entry: Entry,
    signal: AbortSignal | undefined,
  ): Promise<OldItem> {
    if (entry.isPart) return { values: [], item: null };
    try {
      const item = await this.#items.find(form, entry, signal);
      return { values: item ? [this.#decode(item.stored)] : [], item };
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "other") throw error;
      if (form.class === "generic") return { values: [] };
      return { values: [], item: await this.#items.search(form, entry, signal) };
    }
  }

  // Reads it back, since `security` may report success without having stored anything.
  async #add(
    form: KeychainForm,
    entry: Entry,
    old: OldItem,
    secret: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (old.item === null) await this.#items.refuseHidden(form, entry, signal);
    const begun = Date.now();
    const encoded = this.#layout.encode?.(secret);
    const hex = encodeHex(encoded ?? secret);
    encoded?.fill(0);
    await this.#items.add(form, addArguments(form, entry, hex, old.item), signal)
      .finally(() => hex.fill(0));
    const found = await this.#items.find(form, entry, signal);
    const stored = found && this.#decode(found.stored);
    const isLost = stored === null || stored.length < secret.length && hasAt(secret, 0, stored);
    const isSame = !isLost && equal(stored, secret);
    stored?.fill(0);
    if (isSame || !isLost && await this.#isNewer(form, entry, begun, signal)) return;
    const advice = "Do not rely on this entry: look at it in Keychain Access.";
    throw new Failure("other", "the keychain does not return what was stored", { advice });
  }

  // Then another process has stored the same entry since: its secret is the one that stays.
  async #isNewer(
    form: KeychainForm,
    entry: Entry,
    begun: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const found = await this.#items.search(form, entry, signal);
    const modified = modifiedOf(found?.attributes);
    // The keychain counts whole seconds.
    return modified !== undefined && modified.getTime() > begun - 1_000;
  }

  #requireRoom(secret: Uint8Array, form: KeychainForm, entry: Entry, item?: FoundItem): void {
    const [size, limit] = [secret.length, this.#roomBeside(form, entry, item)];
    if (size > limit) throw new Failure("too-large", "", { size, limit });
  }

  /** How many bytes a secret can have beside the names and, in an update, the label. */
  #roomBeside(form: KeychainForm, entry: Entry, item: FoundItem | null = null): number {
    const args = [...addArguments(form, entry, new Uint8Array(), item), ...this.#items.keychain];
    const used = commandLine(`add-${form.class}-password`, args).length - 1;
    const bytes = Math.floor((MAX_LINE_BYTES - used) / 2);
    const prefix = this.#layout.encode?.(new Uint8Array()).length;
    return prefix === undefined ? bytes : Math.floor((bytes - prefix) / 4) * 3;
  }
}

function namesKey({ service, username }: EntryInfo): string {
  return JSON.stringify([service, username]);
}

function belongsToOthers(isDeleted: boolean): Failure {
  const reason = "another program keeps this entry, too, in a form that is only read";
  return new Failure("other", isDeleted ? `it was deleted, but ${reason}` : reason, {
    advice: "Delete that entry with the program that stored it.",
  });
}

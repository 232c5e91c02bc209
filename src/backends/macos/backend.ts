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
import { failureOfStatus, ITEM_NOT_FOUND, missingKeychain, NO_DEFAULT_KEYCHAIN } from "./errors.ts";
import {
  type Attributes,
  entriesOf,
  modifiedOf,
  parseDump,
  parsePassword,
  textsOf,
} from "./output.ts";
import {
  commandLine,
  encodeHex,
  MAX_LINE_BYTES,
  programFor,
  runSecurity,
  type SecurityResult,
} from "./security.ts";

/** What {@linkcode MacOSKeyring} accepts. */
export interface MacOSKeyringOptions {
  /**
   * The path of the keychain to use, which must exist. Without it, entries are looked for in the
   * user's search list and new ones go to the default keychain, which is most often `login`.
   */
  keychain?: string;
  /**
   * The time limit of each command in milliseconds. The time that a dialog waits for the user counts.
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
 * ```ts ignore
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
const MAX_PATH_BYTES = 1024;

interface FoundItem {
  attributes: Attributes;
  /** The arguments by which security finds this item and no other. */
  args: readonly string[];
}

interface OpenItem extends FoundItem {
  secret: Uint8Array;
}

/** What an entry holds before it is replaced or removed. */
interface OldItem {
  values: Uint8Array[];
  /** `null` where there surely is none; missing where it could not be read. */
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
  readonly #program: string;
  readonly #keychain: readonly string[];
  readonly #timeoutMs: number;
  readonly #layout: KeychainLayout;

  constructor(options: MacOSKeyringOptions = {}) {
    this.#program = programFor(options);
    this.#keychain = keychainArguments(options.keychain);
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#layout = layoutOf(options.layout).macos;
    this.maxSecretBytes = this.#roomBeside(GENERIC_PASSWORD, {
      service: "s".repeat(128),
      username: "u".repeat(512),
    });
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    await this.#requireNamed(signal);
    for (const form of this.#layout.forms) {
      const found = await this.#find(form, entry, signal);
      if (found) return { bytes: found.secret };
    }
    await this.#requireDefault(signal);
    return null;
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const [form] = this.#layout.forms;
    const [size, limit] = [bytes.length, this.#roomBeside(form, entry)];
    if (size > limit) throw new Failure("too-large", "", { size, limit });
    return await turns.run(signal, async () => {
      await this.#requireNamed(signal);
      const old = await this.#findOld(form, entry, signal);
      try {
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
      await this.#requireNamed(signal);
      const { values: removed, item } = await this.#findOld(form, entry, signal);
      const args = item?.args ?? (form.class === "generic" ? form.argumentsOf(entry) : undefined);
      const status = args ? await this.#delete(form, args, signal) : ITEM_NOT_FOUND;
      if (status !== 0) wipeAll(removed);
      if (status !== 0 && status !== ITEM_NOT_FOUND) throw failureOfStatus(status);
      if (await this.#isReadOnly(entry, signal)) throw belongsToOthers(status === 0);
      if (status === 0) return removed;
      await this.#requireDefault(signal);
      return null;
    });
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    const stdout = await this.#dump(signal);
    const entries = this.#layout.forms.flatMap((form) =>
      entriesOf(parseDump(stdout, form.class), form, service)
    );
    const byName = new Map(entries.toReversed().map((entry) => [namesKey(entry), entry]));
    return [...byName.values()];
  }

  async locate(entry: Entry, signal?: AbortSignal): Promise<string[]> {
    await this.#requireNamed(signal);
    const places: string[] = [];
    for (const form of this.#layout.forms) {
      const found = await this.#search(form, entry, signal);
      if (!found) continue;
      const keychain = textsOf(found.attributes).get("keychain") ?? "";
      places.push(["macos", keychain, form.class, ...form.argumentsOf(entry)].join("\0"));
    }
    if (places.length === 0) await this.#requireDefault(signal);
    return places;
  }

  /** Gives one key to the names of one item; those of some programs can be written in two ways. */
  keyOf(entry: Entry): string {
    return this.#layout.forms[0].argumentsOf(entry).join("\0");
  }

  async #dump(signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { status, stdout } = await this.#run("dump-keychain", [], signal);
    if (status === 0) return stdout;
    if (this.#keychain.length > 0) throw missingKeychain(status);
    await this.#requireDefault(signal);
    throw failureOfStatus(status);
  }

  async #find(
    form: KeychainForm,
    entry: Entry,
    signal: AbortSignal | undefined,
  ): Promise<OpenItem | null> {
    refuseForm(form, entry);
    const found = form.class === "internet" ? await this.#search(form, entry, signal) : undefined;
    if (found === null) return null;
    const names = found?.args ?? form.argumentsOf(entry);
    const args = ["-g", ...names];
    const { status, stdout, stderr } = await this.#run(`find-${form.class}-password`, args, signal);
    try {
      if (status === ITEM_NOT_FOUND) return null;
      if (status !== 0) throw failureOfStatus(status);
      const stored = parsePassword(stderr);
      if (!stored) throw new Failure("other", "security printed no password in a known form");
      const [attributes = new Map()] = parseDump(stdout, form.class);
      return { attributes, args: names, secret: this.#decode(stored) };
    } finally {
      stderr.fill(0);
    }
  }

  #decode(stored: Uint8Array): Uint8Array {
    const { decode } = this.#layout;
    if (!decode) return stored;
    const secret = decode(stored);
    stored.fill(0);
    if (secret) return secret;
    throw new Failure("corrupt", "the entry is not encoded as its program encodes it");
  }

  /**
   * Finds the item that is the entry, without its secret. security finds the first that has what is
   * asked for, whatever else it has: an internet password of any port where none is named.
   */
  async #search(
    form: KeychainForm,
    entry: Entry,
    signal: AbortSignal | undefined,
  ): Promise<FoundItem | null> {
    refuseForm(form, entry);
    const args = form.argumentsOf(entry);
    const attributes = await this.#first(form, args, signal);
    if (!attributes) return null;
    // Of a generic password, both names are the key.
    if (form.class === "generic" || isEntry(form, attributes, entry)) return { attributes, args };
    const all = parseDump(await this.#dump(signal), form.class);
    const found = all.find((each) => isEntry(form, each, entry));
    if (!found) return null;
    const label = textsOf(found).get("label");
    if (label === undefined || hides(all, form, entry, label)) throw hidden();
    return { attributes: found, args: [...args, "-l", label] };
  }

  async #first(
    form: KeychainForm,
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<Attributes | null> {
    const { status, stdout } = await this.#run(`find-${form.class}-password`, args, signal);
    if (status === ITEM_NOT_FOUND) return null;
    if (status !== 0) throw failureOfStatus(status);
    return parseDump(stdout, form.class)[0] ?? new Map();
  }

  /** Refuses to create what would be there, and not be found. */
  async #refuseHidden(
    form: KeychainForm,
    entry: Entry,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (form.class === "generic" || !await this.#first(form, form.argumentsOf(entry), signal)) {
      return;
    }
    const all = parseDump(await this.#dump(signal), form.class);
    if (hides(all, form, entry, form.labelOf?.(entry) ?? "")) throw hidden();
  }

  async #isReadOnly(entry: Entry, signal: AbortSignal | undefined): Promise<boolean> {
    for (const form of this.#layout.forms.slice(1)) {
      if (await this.#search(form, entry, signal)) return true;
    }
    return false;
  }

  // What cannot be read can be replaced all the same. Only what the user would have to refuse or to
  // wait for a second time is not tried.
  async #findOld(
    form: KeychainForm,
    entry: Entry,
    signal: AbortSignal | undefined,
  ): Promise<OldItem> {
    if (entry.isPart) return { values: [], item: null };
    try {
      const item = await this.#find(form, entry, signal);
      return { values: item ? [item.secret] : [], item };
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "other") throw error;
      if (form.class === "generic") return { values: [] };
      return { values: [], item: await this.#search(form, entry, signal) };
    }
  }

  // Reads it back, for `security` may report success and have stored nothing.
  async #add(
    form: KeychainForm,
    entry: Entry,
    old: OldItem,
    secret: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (old.item === null) await this.#refuseHidden(form, entry, signal);
    const begun = Date.now();
    const encoded = this.#layout.encode?.(secret);
    const hex = encodeHex(encoded ?? secret);
    encoded?.fill(0);
    const args = addArguments(form, entry, hex, old.item);
    const { status } = await this.#run(`add-${form.class}-password`, args, signal)
      .finally(() => hex.fill(0));
    if (status !== 0) throw failureOfStatus(status);
    const stored = (await this.#find(form, entry, signal))?.secret ?? null;
    const isLost = stored === null || stored.length < secret.length && hasAt(secret, 0, stored);
    const isSame = !isLost && equal(stored, secret);
    stored?.fill(0);
    if (isSame || !isLost && await this.#isNewer(form, entry, begun, signal)) return;
    const advice = "Do not rely on this entry: look at it in Keychain Access.";
    throw new Failure("other", "the keychain does not return what was stored", { advice });
  }

  async #delete(
    form: KeychainForm,
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<number> {
    return (await this.#run(`delete-${form.class}-password`, args, signal, true)).status;
  }

  // Then another process has stored the same entry since: its secret is the one that stays.
  async #isNewer(
    form: KeychainForm,
    entry: Entry,
    begun: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const found = await this.#search(form, entry, signal);
    const modified = modifiedOf(found?.attributes);
    // The keychain counts whole seconds.
    return modified !== undefined && modified.getTime() > begun - 1_000;
  }

  // Without this check, security would read, write and delete in the default keychain instead.
  // Dumping proves that the keychain exists, works on a locked one and never shows a dialog.
  async #requireNamed(signal: AbortSignal | undefined): Promise<void> {
    if (this.#keychain.length === 0) return;
    const { status } = await this.#run("dump-keychain", [], signal, true);
    if (status !== 0) throw missingKeychain(status);
  }

  // security reports a search that failed as an item that is not there.
  async #requireDefault(signal: AbortSignal | undefined): Promise<void> {
    if (this.#keychain.length > 0) return;
    const { status } = await this.#run("default-keychain", [], signal, true);
    if (status !== 0) throw failureOfStatus(NO_DEFAULT_KEYCHAIN);
  }

  #roomBeside(form: KeychainForm, entry: Entry): number {
    const args = [...addArguments(form, entry, new Uint8Array(), null), ...this.#keychain];
    const used = commandLine(`add-${form.class}-password`, args).length - 1;
    const bytes = Math.floor((MAX_LINE_BYTES - used) / 2);
    const prefix = this.#layout.encode?.(new Uint8Array()).length;
    return prefix === undefined ? bytes : Math.floor((bytes - prefix) / 4) * 3;
  }

  async #run(
    command: string,
    args: readonly (string | Uint8Array)[],
    signal: AbortSignal | undefined,
    discardStdout = false,
  ): Promise<SecurityResult> {
    const timeoutMs = this.#timeoutMs;
    const all = [...args, ...this.#keychain];
    return await runSecurity(this.#program, {
      command,
      args: all,
      timeoutMs,
      discardStdout,
      signal,
    });
  }
}

function keychainArguments(keychain: string | undefined): string[] {
  if (keychain === undefined) return [];
  // A leading dash would make it an option.
  const isPath = keychain !== "" && !/^-|[\0\n]/.test(keychain) && keychain.isWellFormed() &&
    new TextEncoder().encode(keychain).length <= MAX_PATH_BYTES;
  if (isPath) return [keychain];
  throw new TypeError(
    `The keychain must be a path of at most ${MAX_PATH_BYTES} bytes, without a leading dash, NUL ` +
      "or newline",
  );
}

function namesKey({ service, username }: EntryInfo): string {
  return JSON.stringify([service, username]);
}

function refuseForm(form: KeychainForm, entry: Entry): void {
  const reason = form.refuses?.(entry);
  if (reason !== undefined) throw new Failure("other", reason);
}

function isEntry(form: KeychainForm, attributes: Attributes, entry: Entry): boolean {
  const names = form.namesOf(textsOf(attributes));
  return names !== undefined &&
    form.argumentsOf(names).join("\0") === form.argumentsOf(entry).join("\0");
}

/** Returns whether security would take another item for the entry, if that had this label. */
function hides(
  items: readonly Attributes[],
  form: KeychainForm,
  entry: Entry,
  label: string,
): boolean {
  const [, username, , server] = form.argumentsOf(entry);
  return items.some((attributes) => {
    const texts = textsOf(attributes);
    return texts.get("acct") === username && texts.get("srvr") === server &&
      texts.get("label") === label && !isEntry(form, attributes, entry);
  });
}

function hidden(): Failure {
  const reason = "security cannot tell it from an entry of the same server with a port or a path";
  return new Failure("other", reason, {
    advice: "Give one of the two another name in Keychain Access.",
  });
}

function belongsToOthers(isDeleted: boolean): Failure {
  const reason = "another program keeps this entry, too, in a form that is only read";
  return new Failure("other", isDeleted ? `it was deleted, but ${reason}` : reason, {
    advice: "Delete that entry with the program that stored it.",
  });
}

// They never name the programs that may read the item: to change that of one that exists, the system
// asks the user. Without a label an update would lose that of the item. An internet password must be
// found before it is updated, since -U updates the first that has what is named.
function addArguments(
  form: KeychainForm,
  entry: Entry,
  hex: Uint8Array,
  item: FoundItem | null | undefined,
): (string | Uint8Array)[] {
  const names = form.argumentsOf(entry);
  const update = form.class === "generic" || item ? ["-U"] : [];
  return [...update, ...names, ...labelArguments(form, entry, item), "-X", hex];
}

function labelArguments(
  form: KeychainForm,
  entry: Entry,
  item: FoundItem | null | undefined,
): (string | Uint8Array)[] {
  if (!item) return form.labelOf ? ["-l", form.labelOf(entry)] : [];
  const { attributes, args } = item;
  const [label, usual] = ["label", form.class === "generic" ? "svce" : "srvr"]
    .map((name) => attributes.get(name));
  const isUsual = label === undefined || usual !== undefined && equal(label, usual);
  return isUsual && !args.includes("-l") ? [] : ["-l", label ?? new Uint8Array()];
}

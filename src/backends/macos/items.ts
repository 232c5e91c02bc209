// The items of a keychain: how `security` finds, stores and deletes the one that is an entry.

import type { Entry } from "../../backend.ts";
import { Failure } from "../../errors.ts";
import type { KeychainForm } from "../../layouts/layout.ts";
import { equal } from "../../lib/bytes.ts";
import { failureOfStatus, ITEM_NOT_FOUND, missingKeychain, NO_DEFAULT_KEYCHAIN } from "./errors.ts";
import { type Attributes, parseDump, parsePassword, textsOf } from "./output.ts";
import { runSecurity, type SecurityResult } from "./security.ts";

export interface FoundItem {
  attributes: Attributes;
  /** The arguments by which security finds this item and no other. */
  args: readonly string[];
}

export interface OpenItem extends FoundItem {
  /** As it is stored. */
  stored: Uint8Array;
}

const MAX_PATH_BYTES = 1024;

export class Items {
  readonly #program: string;
  readonly #keychain: readonly string[];
  readonly #timeoutMs: number;

  constructor(program: string, keychain: string | undefined, timeoutMs: number) {
    this.#program = program;
    this.#keychain = keychainArguments(keychain);
    this.#timeoutMs = timeoutMs;
  }

  /** The arguments that name the keychain. */
  get keychain(): readonly string[] {
    return this.#keychain;
  }

  /**
   * Finds the item that is the entry, without its secret. security finds the first that has what is
   * asked for, whatever else it has: an internet password of any port where none is named.
   */
  async search(
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
    const all = parseDump(await this.dump(signal), form.class);
    const found = all.find((each) => isEntry(form, each, entry));
    if (!found) return null;
    const label = textsOf(found).get("label");
    if (label === undefined || !isLine(label) || hides(all, form, entry, label)) throw hidden();
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
  async refuseHidden(
    form: KeychainForm,
    entry: Entry,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if (form.class === "generic" || !await this.#first(form, form.argumentsOf(entry), signal)) {
      return;
    }
    const all = parseDump(await this.dump(signal), form.class);
    if (hides(all, form, entry, form.labelOf?.(entry) ?? "")) throw hidden();
  }

  async find(
    form: KeychainForm,
    entry: Entry,
    signal: AbortSignal | undefined,
  ): Promise<OpenItem | null> {
    refuseForm(form, entry);
    const found = form.class === "internet" ? await this.search(form, entry, signal) : undefined;
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
      return { attributes, args: names, stored };
    } finally {
      stderr.fill(0);
    }
  }

  async add(
    form: KeychainForm,
    args: readonly (string | Uint8Array)[],
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { status } = await this.#run(`add-${form.class}-password`, args, signal);
    if (status !== 0) throw failureOfStatus(status);
  }

  async delete(
    form: KeychainForm,
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<number> {
    return (await this.#run(`delete-${form.class}-password`, args, signal, true)).status;
  }

  async dump(signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { status, stdout } = await this.#run("dump-keychain", [], signal);
    if (status === 0) return stdout;
    if (this.#keychain.length > 0) throw missingKeychain(status);
    await this.requireDefault(signal);
    throw failureOfStatus(status);
  }

  // Without this check, security would read, write and delete in the default keychain instead.
  // Dumping proves that the keychain exists, works on a locked one and never shows a dialog.
  async requireNamed(signal: AbortSignal | undefined): Promise<void> {
    if (this.#keychain.length === 0) return;
    const { status } = await this.#run("dump-keychain", [], signal, true);
    if (status !== 0) throw missingKeychain(status);
  }

  // security reports a search that failed as an item that is not there.
  async requireDefault(signal: AbortSignal | undefined): Promise<void> {
    if (this.#keychain.length > 0) return;
    const { status } = await this.#run("default-keychain", [], signal, true);
    if (status !== 0) throw failureOfStatus(NO_DEFAULT_KEYCHAIN);
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

// They never name the programs that may read the item: to change that of one that exists, the system
// asks the user. Without a label an update would lose that of the item. An internet password must be
// found before it is updated, since -U updates the first that has what is named.
export function addArguments(
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
  if (label === undefined || isUsual && !args.includes("-l")) return [];
  // One that no command can hold is lost.
  return isLine(new TextDecoder().decode(label)) ? ["-l", label] : [];
}

function isLine(label: string): boolean {
  return !/[\0\n]/.test(label);
}

// The macOS Keychain through the system's own `security` command. Entries are generic passwords:
// the service is their service and the username their account, as Python's keyring has them.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure, type Viability } from "../../errors.ts";
import type { CallOptions, EntryInfo, Keyring } from "../../keyring.ts";
import { equal, hasAt, wipeAll } from "../../lib/bytes.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { failureOfStatus, ITEM_NOT_FOUND, missingKeychain, NO_DEFAULT_KEYCHAIN } from "./errors.ts";
import { entriesOf, modifiedOf, parseDump, parsePassword } from "./output.ts";
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
   * @param options The keychain to use and the time limit.
   */
  constructor(options: MacOSKeyringOptions = {}) {
    super(new Keychain(options));
  }
}

export function open(): Keyring {
  return new MacOSKeyring();
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
const ADD = "add-generic-password";

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

  constructor(options: MacOSKeyringOptions = {}) {
    this.#program = programFor(options);
    this.#keychain = keychainArguments(options.keychain);
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.maxSecretBytes = this.#roomBeside({
      service: "s".repeat(128),
      username: "u".repeat(512),
    });
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    await this.#requireNamed(signal);
    const bytes = await this.#find(entry, signal);
    if (bytes) return { bytes };
    await this.#requireDefault(signal);
    return null;
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const [size, limit] = [bytes.length, this.#roomBeside(entry)];
    if (size > limit) throw new Failure("too-large", "", { size, limit });
    return await turns.run(signal, async () => {
      await this.#requireNamed(signal);
      const replaced = await this.#findOld(entry, signal);
      try {
        await this.#add(entry, bytes, signal);
        return replaced;
      } catch (error) {
        wipeAll(replaced);
        throw error;
      }
    });
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return await turns.run(signal, async () => {
      await this.#requireNamed(signal);
      const removed = await this.#findOld(entry, signal);
      const { status } = await this.#run("delete-generic-password", namesOf(entry), signal, true);
      if (status === 0) return removed;
      wipeAll(removed);
      if (status !== ITEM_NOT_FOUND) throw failureOfStatus(status);
      await this.#requireDefault(signal);
      return null;
    });
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    const { status, stdout } = await this.#run("dump-keychain", [], signal);
    if (status === 0) return entriesOf(parseDump(stdout), service);
    if (this.#keychain.length > 0) throw missingKeychain(status);
    await this.#requireDefault(signal);
    throw failureOfStatus(status);
  }

  async #find(entry: Entry, signal: AbortSignal | undefined): Promise<Uint8Array | null> {
    const args = ["-g", ...namesOf(entry)];
    const { status, stderr } = await this.#run("find-generic-password", args, signal, true);
    try {
      if (status === ITEM_NOT_FOUND) return null;
      if (status !== 0) throw failureOfStatus(status);
      const secret = parsePassword(stderr);
      if (secret) return secret;
      throw new Failure("other", "security printed no password in a known form");
    } finally {
      stderr.fill(0);
    }
  }

  // What cannot be read can be replaced all the same. Only what the user would have to refuse or to
  // wait for a second time is not tried.
  async #findOld(entry: Entry, signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    if (entry.isPart) return [];
    try {
      const old = await this.#find(entry, signal);
      return old ? [old] : [];
    } catch (error) {
      if (error instanceof Failure && error.kind === "other") return [];
      throw error;
    }
  }

  // Reads it back, for `security` may report success and have stored nothing.
  async #add(entry: Entry, secret: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    const begun = Date.now();
    const hex = encodeHex(secret);
    const { status } = await this.#run(ADD, addArguments(entry, hex), signal)
      .finally(() => hex.fill(0));
    if (status !== 0) throw failureOfStatus(status);
    const stored = await this.#find(entry, signal);
    const isLost = stored === null || stored.length < secret.length && hasAt(secret, 0, stored);
    const isSame = !isLost && equal(stored, secret);
    stored?.fill(0);
    if (isSame || !isLost && await this.#isNewer(entry, begun, signal)) return;
    const advice = "Do not rely on this entry: look at it in Keychain Access.";
    throw new Failure("other", "the keychain does not return what was stored", { advice });
  }

  // Then another process has stored the same entry since: its secret is the one that stays.
  async #isNewer(entry: Entry, begun: number, signal: AbortSignal | undefined): Promise<boolean> {
    const { status, stdout } = await this.#run("find-generic-password", namesOf(entry), signal);
    const [item] = status === 0 ? parseDump(stdout) : [];
    const modified = modifiedOf(item);
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

  #roomBeside(entry: Entry): number {
    const args = [...addArguments(entry, new Uint8Array()), ...this.#keychain];
    const used = commandLine(ADD, args).length - 1;
    return Math.floor((MAX_LINE_BYTES - used) / 2);
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

function namesOf({ service, username }: Entry): string[] {
  return ["-a", username, "-s", service];
}

// They never name the programs that may read the item: to change that of one that exists, the system
// asks the user.
function addArguments(entry: Entry, hex: Uint8Array): (string | Uint8Array)[] {
  return ["-U", ...namesOf(entry), "-X", hex];
}

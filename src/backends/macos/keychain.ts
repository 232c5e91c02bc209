import { checkNames } from "../../entry.ts";
import {
  InitError,
  type KeyringErrorDetails,
  operationError,
  SecretTooLargeError,
} from "../../errors.ts";
import { encodeHex } from "./hex.ts";
import { type DumpedItem, parseDump, parsePassword, parseTime } from "./parse.ts";
import { runSecurity, type SecurityResult } from "./protocol.ts";
import { MAX_LINE_BYTES } from "./quote.ts";
import { ITEM_NOT_FOUND, NO_DEFAULT_KEYCHAIN, NO_SUCH_KEYCHAIN } from "./status.ts";
import { ADD_COMMAND, addArguments, largestSecret } from "./entries.ts";
import { errorOfRun, errorOfStatus } from "./errors.ts";

const NAME_LIMITS = {
  unit: "bytes",
  service: MAX_LINE_BYTES,
  username: MAX_LINE_BYTES,
  forbidden: { "\n": "newline" },
} as const;

export class Call {
  readonly details: KeyringErrorDetails;
  readonly signal: AbortSignal | undefined;

  constructor(details: KeyringErrorDetails, signal: AbortSignal | undefined) {
    signal?.throwIfAborted();
    checkNames(details, NAME_LIMITS);
    this.details = details;
    this.signal = signal;
  }
}

/** A named keychain, or without a name the user's search list and default keychain. */
export class Keychain {
  readonly #program: string;
  readonly #keychain: readonly string[];
  readonly #timeoutMs: number;

  constructor(program: string, path: string | undefined, timeoutMs: number) {
    this.#program = program;
    this.#keychain = keychainArguments(path);
    this.#timeoutMs = timeoutMs;
  }

  /** The most bytes of a secret under names as long as `Keyring.maxSecretBytes` allows. */
  get maxSecretBytes(): number {
    return largestSecret("s".repeat(128), "u".repeat(512), this.#keychain);
  }

  /** Reads an item's secret; `null` when there is no such item. */
  async read(call: Call, service: string, username: string): Promise<Uint8Array | null> {
    await this.#requireNamed(call);
    const secret = await this.#find(call, service, username);
    if (secret === null) await this.#requireDefault(call);
    return secret;
  }

  async #find(call: Call, service: string, username: string): Promise<Uint8Array | null> {
    const args = ["-g", "-a", username, "-s", service];
    const { status, stderr } = await this.#run(call, "find-generic-password", args, true);
    try {
      if (status === ITEM_NOT_FOUND) return null;
      if (status !== 0) throw errorOfStatus(status, call.details);
      const secret = parsePassword(stderr);
      if (secret) return secret;
      throw operationError("security printed no password in a known form", call.details);
    } finally {
      stderr.fill(0);
    }
  }

  async write(call: Call, service: string, username: string, secret: Uint8Array): Promise<void> {
    await this.#requireNamed(call);
    const begun = Date.now();
    const hex = encodeHex(secret);
    const args = addArguments(service, username, hex, []);
    const { status } = await this.#run(call, ADD_COMMAND, args).finally(() => hex.fill(0));
    if (status !== 0) throw errorOfStatus(status, call.details);
    const stored = await this.#find(call, service, username);
    const lost = stored === null || isPart(stored, secret);
    const same = !lost && equal(stored, secret);
    stored?.fill(0);
    if (same || !lost && await this.#isNewer(call, service, username, begun)) return;
    throw operationError("the keychain does not return what was stored", {
      ...call.details,
      advice: "Do not rely on this entry: look at it in Keychain Access.",
    });
  }

  // Then another process has stored the same entry since: its secret is the one that stays.
  async #isNewer(call: Call, service: string, username: string, begun: number): Promise<boolean> {
    const args = ["-a", username, "-s", service];
    const { status, stdout } = await this.#run(call, "find-generic-password", args);
    const [item] = status === 0 ? parseDump(stdout) : [];
    const modified = parseTime(item?.attributes.get("mdat"));
    // The keychain counts whole seconds.
    return modified !== undefined && modified.getTime() > begun - 1_000;
  }

  /** Deletes an item; `false` when there is no such item. */
  async delete(call: Call, service: string, username: string): Promise<boolean> {
    await this.#requireNamed(call);
    const args = ["-a", username, "-s", service];
    const { status } = await this.#run(call, "delete-generic-password", args, true);
    if (status === 0) return true;
    if (status !== ITEM_NOT_FOUND) throw errorOfStatus(status, call.details);
    await this.#requireDefault(call);
    return false;
  }

  async items(call: Call): Promise<DumpedItem[]> {
    const { status, stdout } = await this.#run(call, "dump-keychain", []);
    if (status === 0) return parseDump(stdout);
    if (this.#keychain.length > 0) throw missingKeychain(status, call.details);
    await this.#requireDefault(call);
    throw errorOfStatus(status, call.details);
  }

  /** Refuses a secret that does not fit into the command beside its names. */
  requireRoom(call: Call, service: string, username: string, size: number): void {
    try {
      const limit = largestSecret(service, username, this.#keychain);
      if (size > limit) throw new SecretTooLargeError(size, limit, call.details);
    } catch (error) {
      throw errorOfRun(error, call.details, this.#program);
    }
  }

  // Without this check, security would read, write and delete in the default keychain instead.
  // Dumping proves that the keychain exists, works on a locked one and never shows a dialog.
  async #requireNamed(call: Call): Promise<void> {
    if (this.#keychain.length === 0) return;
    const { status } = await this.#run(call, "dump-keychain", [], true);
    if (status !== 0) throw missingKeychain(status, call.details);
  }

  // security reports a search that failed as an item that is not there.
  async #requireDefault(call: Call): Promise<void> {
    if (this.#keychain.length > 0) return;
    const { status } = await this.#run(call, "default-keychain", [], true);
    if (status !== 0) throw errorOfStatus(NO_DEFAULT_KEYCHAIN, call.details);
  }

  async #run(
    { details, signal }: Call,
    command: string,
    args: readonly (string | Uint8Array)[],
    discardStdout = false,
  ): Promise<SecurityResult> {
    try {
      return await runSecurity(this.#program, {
        command,
        args: [...args, ...this.#keychain],
        timeoutMs: this.#timeoutMs,
        discardStdout,
        signal,
      });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) throw error;
      throw errorOfRun(error, details, this.#program);
    }
  }
}

function keychainArguments(keychain: string | undefined): string[] {
  if (keychain === undefined) return [];
  // A leading dash would make it an option.
  if (keychain === "" || /^-|[\0\n]/.test(keychain) || !keychain.isWellFormed()) {
    throw new TypeError("The keychain must be a path, without a leading dash, NUL or newline");
  }
  return [keychain];
}

function missingKeychain(status: number, details: KeyringErrorDetails): InitError {
  const { advice } = errorOfStatus(NO_SUCH_KEYCHAIN, details);
  const all = { ...details, code: status, advice };
  return new InitError("the named keychain does not exist or cannot be opened", all);
}

function isPart(stored: Uint8Array, secret: Uint8Array): boolean {
  return stored.length < secret.length && stored.every((byte, index) => byte === secret[index]);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

import { copySecret, textOrBytes } from "../checks.ts";
import { NoKeyringError, type Operation, operationError, PasswordDeleteError } from "../errors.ts";
import { compareEntries } from "../keyring.ts";
import type {
  CallOptions,
  Credential,
  DeleteOptions,
  EntryInfo,
  Keyring,
  ListOptions,
  PruneOptions,
} from "../keyring.ts";

/** How a chain writes. */
export interface ChainOptions {
  /**
   * Whether writes and deletes go to the next keyring while the first does not exist on this system.
   * Once it does, its older value takes precedence over what was written in the meantime.
   *
   * @default {true}
   */
  writePastAbsent?: boolean;
}

/**
 * A keyring made of several. Reads ask them in order until one has the entry. Writes and deletes
 * go to the first: after a delete, an entry of the same names further down answers again. A keyring that
 * does not exist on this system (`NoKeyringError`) is skipped; every other failure, such as a locked
 * keyring or an unreachable server, ends the call.
 *
 * The one that `KEYRING_BACKEND=chain` chooses consists of the keyrings that `KEYRING_CHAIN` names, such
 * as `azure-key-vault,secret-service`, or the `order` in the `[chain]` section of the config file. It
 * writes to the first of them, or fails.
 *
 * @example Read from an old store what is not in the new one
 * ```ts
 * import { MemoryKeyring } from "@os-keyring/keyring";
 * import { ChainKeyring } from "@os-keyring/keyring/backends";
 * import { assertEquals } from "@std/assert";
 *
 * const [current, old] = [new MemoryKeyring(), new MemoryKeyring()];
 * await old.setPassword("my_app", "alice", "s3cret");
 * const keyring = new ChainKeyring([current, old]);
 * assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
 * ```
 */
export class ChainKeyring implements Keyring {
  /** The store's name. */
  readonly name: string;
  readonly #keyrings: readonly Keyring[];
  readonly #writePastAbsent: boolean;

  /**
   * Makes the chain.
   *
   * @param keyrings The keyrings, the preferred one first.
   * @param options How it writes.
   */
  constructor(keyrings: readonly Keyring[], options: ChainOptions = {}) {
    this.#keyrings = [...keyrings];
    this.#writePastAbsent = options.writePastAbsent ?? true;
    this.name = `Chain (${keyrings.map(({ name }) => name).join(", ")})`;
  }

  /** Reads a password from the first keyring that has it. */
  getPassword(service: string, username: string, options?: CallOptions): Promise<string | null> {
    return this.#firstOf("get", (keyring) => keyring.getPassword(service, username, options));
  }

  /** Reads a credential from the first keyring that has it. */
  getCredential(
    service: string,
    username?: string | null,
    options?: CallOptions,
  ): Promise<Credential | null> {
    return this.#firstOf("get", (keyring) => keyring.getCredential(service, username, options));
  }

  /** Reads bytes from the first keyring that has them. */
  getSecret(service: string, username: string, options?: CallOptions): Promise<Uint8Array | null> {
    return this.#firstOf("get", (keyring) => keyring.getSecret(service, username, options));
  }

  /** Reads an entry from the first keyring that has it, in the form in which it can be stored again. */
  getPasswordOrSecret(
    service: string,
    username: string,
    options?: CallOptions,
  ): Promise<string | Uint8Array | null> {
    return this.#firstOf("get", async (keyring) => {
      if (keyring.getPasswordOrSecret) {
        return await keyring.getPasswordOrSecret(service, username, options);
      }
      const bytes = await keyring.getSecret(service, username, options);
      return bytes && textOrBytes(bytes);
    });
  }

  /** Stores a password in the first keyring. */
  async setPassword(
    service: string,
    username: string,
    password: string,
    options?: CallOptions,
  ): Promise<void> {
    await this.#write(
      "set",
      (keyring) => keyring.setPassword(service, username, password, options),
    );
  }

  /** Stores bytes in the first keyring. */
  async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void> {
    const copy = copySecret(secret);
    try {
      await this.#write("set", (keyring) => keyring.setSecret(service, username, copy, options));
    } finally {
      copy.fill(0);
    }
  }

  /** Deletes an entry from the first keyring. */
  async deletePassword(
    service: string,
    username: string,
    options: DeleteOptions = {},
  ): Promise<void> {
    await this.#write("delete", async (keyring) => {
      try {
        await keyring.deletePassword(service, username, { ...options, missingOk: false });
      } catch (error) {
        if (!(error instanceof PasswordDeleteError)) throw error;
        const left = await keyring.getSecret(service, username, options);
        left?.fill(0);
        // Still there: it was not missing, it could not be deleted.
        if (left) throw error;
        await this.#refuseIfElsewhere(keyring, service, username, options);
        if (!options.missingOk) throw error;
      }
    });
  }

  /** Lists the entries of all keyrings, each once. */
  async list(options?: ListOptions): Promise<EntryInfo[]> {
    const entries = new Map<string, EntryInfo>();
    for (const found of await this.#each("list", (keyring) => keyring.list(options))) {
      for (const entry of found) {
        const key = JSON.stringify([entry.service, entry.username]);
        if (!entries.has(key)) entries.set(key, entry);
      }
    }
    return [...entries.values()].sort(compareEntries);
  }

  /** Returns whether any of the keyrings has an entry. */
  async has(service: string, username: string, options?: CallOptions): Promise<boolean> {
    const answers = await this.#each(
      "get",
      (keyring) => hasEntry(keyring, service, username, options),
    );
    return answers.includes(true);
  }

  /** The key of an entry in the first keyring, which is the one that is written to. */
  keyOf(service: string, username: string): string {
    return keyIn(this.#keyrings[0], service, username);
  }

  /** Checks entries in the first keyring, which is the one that is written to. */
  async checkEach(
    entries: readonly Pick<EntryInfo, "service" | "username">[],
    options?: CallOptions,
  ): Promise<(Error | undefined)[]> {
    return await this.#keyrings[0]?.checkEach?.(entries, options) ?? [];
  }

  /** Has each keyring remove what interrupted writes left behind. */
  async prune(options?: PruneOptions): Promise<number> {
    options?.signal?.throwIfAborted();
    const removed = await this.#each(
      "list",
      async (keyring) => await keyring.prune?.(options) ?? 0,
    );
    return removed.reduce((sum, count) => sum + count, 0);
  }

  async #firstOf<T>(
    operation: Operation,
    call: (keyring: Keyring) => Promise<T | null>,
  ): Promise<T | null> {
    let missing: unknown = this.#none(operation);
    for (const keyring of this.#keyrings) {
      try {
        const answer = await call(keyring);
        if (answer !== null) return answer;
        missing = null;
      } catch (error) {
        if (!(error instanceof NoKeyringError)) throw error;
        missing &&= error;
      }
    }
    if (missing) throw missing;
    return null;
  }

  async #write(operation: Operation, call: (keyring: Keyring) => Promise<void>): Promise<void> {
    const [first] = this.#keyrings;
    if (this.#writePastAbsent || !first) {
      await this.#firstOf(operation, (keyring) => call(keyring).then(() => true));
      return;
    }
    try {
      await call(first);
    } catch (error) {
      throw error instanceof NoKeyringError ? firstIsAbsent(error, first) : error;
    }
  }

  async #refuseIfElsewhere(
    first: Keyring,
    service: string,
    username: string,
    options: CallOptions,
  ): Promise<void> {
    const found = await this.#each("delete", async (keyring) => {
      const isThere = keyring !== first && await hasEntry(keyring, service, username, options);
      return isThere ? keyring.name : undefined;
    });
    const name = found.find((name) => name !== undefined);
    if (name === undefined) return;
    throw operationError(`of the chain only ${name} has it, and deletes go to ${first.name}`, {
      operation: "delete",
      service,
      username,
      advice: "Name the keyring that has it with -b.",
    });
  }

  async #each<T>(
    operation: Operation,
    call: (keyring: Keyring) => Promise<T>,
  ): Promise<T[]> {
    const answers: T[] = [];
    let missing: unknown = this.#none(operation);
    for (const keyring of this.#keyrings) {
      try {
        answers.push(await call(keyring));
      } catch (error) {
        if (!(error instanceof NoKeyringError)) throw error;
        missing = error;
      }
    }
    if (answers.length === 0) throw missing;
    return answers;
  }

  #none(operation: Operation): NoKeyringError {
    return new NoKeyringError("the chain has no keyring", { operation });
  }
}

function firstIsAbsent(error: NoKeyringError, { name }: Keyring): NoKeyringError {
  const { reason, operation, service, username } = error;
  return new NoKeyringError(`${reason} (${name}, the first of the chain)`, {
    operation,
    service,
    username,
    advice: "The chain writes to its first keyring alone. Name another one with -b, or put it " +
      "first in KEYRING_CHAIN.",
    cause: error,
  });
}

async function hasEntry(
  keyring: Keyring,
  service: string,
  username: string,
  options?: CallOptions,
): Promise<boolean> {
  if (keyring.has) return await keyring.has(service, username, options);
  const key = keyIn(keyring, service, username);
  const listed = await keyring.list({ ...options, service });
  return listed.some((entry) => keyIn(keyring, entry.service, entry.username) === key);
}

function keyIn(keyring: Keyring | undefined, service: string, username: string): string {
  return keyring?.keyOf?.(service, username) ?? JSON.stringify([service, username]);
}

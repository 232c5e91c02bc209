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

/**
 * A keyring made of several. Reads ask one after the other until one has the entry, writes go to
 * the first, and a delete removes the entry from each that has it, so that an older value further
 * down does not come back. A keyring that does not exist on this system (`NoKeyringError`) is passed
 * over; every other failure, such as a locked keyring, ends the call.
 *
 * @example Read from an old store what is not in the new one
 * ```ts
 * import { MemoryKeyring } from "@os-keyring/keyring";
 * import { ChainKeyring } from "@os-keyring/keyring/backends";
 * import { assertEquals } from "@std/assert";
 *
 * const [current, old] = [new MemoryKeyring(), new MemoryKeyring()];
 * await old.setPassword("my_app", "alice", "made-up");
 * const keyring = new ChainKeyring([current, old]);
 * assertEquals(await keyring.getPassword("my_app", "alice"), "made-up");
 * ```
 */
export class ChainKeyring implements Keyring {
  /** The store's name. */
  readonly name: string;
  #keyrings: readonly Keyring[];

  /**
   * Makes the chain.
   *
   * @param keyrings The keyrings, the preferred one first.
   */
  constructor(keyrings: readonly Keyring[]) {
    this.#keyrings = [...keyrings];
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

  /** Reads from the first keyring that has it what can be stored there again. */
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

  /** Stores a password in the first keyring that exists. */
  async setPassword(
    service: string,
    username: string,
    password: string,
    options?: CallOptions,
  ): Promise<void> {
    await this.#firstOf("set", async (keyring) => {
      await keyring.setPassword(service, username, password, options);
      return true;
    });
  }

  /** Stores bytes in the first keyring that exists. */
  async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options?: CallOptions,
  ): Promise<void> {
    const copy = copySecret(secret);
    try {
      await this.#firstOf("set", async (keyring) => {
        await keyring.setSecret(service, username, copy, options);
        return true;
      });
    } finally {
      copy.fill(0);
    }
  }

  /** Deletes an entry from each keyring that has it, the first one last. */
  async deletePassword(
    service: string,
    username: string,
    options?: DeleteOptions,
  ): Promise<void> {
    const deleted = await this.#each("delete", async (keyring) => {
      try {
        await keyring.deletePassword(
          service,
          username,
          options && { ...options, missingOk: false },
        );
        return true;
      } catch (error) {
        if (!(error instanceof PasswordDeleteError)) throw error;
        const left = await keyring.getSecret(service, username, options);
        left?.fill(0);
        // Still there: it was not missing, it could not be deleted.
        if (left) throw error;
        return false;
      }
    }, this.#keyrings.toReversed());
    if (deleted.includes(true) || options?.missingOk) return;
    throw operationError("there is no such entry", { operation: "delete", service, username });
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

  /** Tells whether any of the keyrings has an entry. */
  async has(service: string, username: string, options?: CallOptions): Promise<boolean> {
    const answers = await this.#each("get", async (keyring) => {
      if (keyring.has) return await keyring.has(service, username, options);
      const key = keyIn(keyring, service, username);
      const listed = await keyring.list({ ...options, service });
      return listed.some((entry) => keyIn(keyring, entry.service, entry.username) === key);
    });
    return answers.includes(true);
  }

  /** The key of an entry in the first keyring, which is the one that is written to. */
  keyOf(service: string, username: string): string {
    return keyIn(this.#keyrings[0], service, username);
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

  async #each<T>(
    operation: Operation,
    call: (keyring: Keyring) => Promise<T>,
    keyrings: readonly Keyring[] = this.#keyrings,
  ): Promise<T[]> {
    const answers: T[] = [];
    let missing: unknown = this.#none(operation);
    for (const keyring of keyrings) {
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

function keyIn(keyring: Keyring | undefined, service: string, username: string): string {
  return keyring?.keyOf?.(service, username) ?? JSON.stringify([service, username]);
}

import { checkNames, copySecret, type NameLimits, noSuchEntry } from "../entry.ts";
import { type CallOptions, compareEntries, type EntryInfo, type ListOptions } from "../keyring.ts";
import { Utf8Keyring } from "../utf8_keyring.ts";

const LIMITS: NameLimits = { unit: "bytes", service: 131_071, username: 131_071 };

/**
 * A keyring that forgets everything when the process ends. It honours the whole contract, so that
 * code that uses a keyring can be tested without touching the user's.
 *
 * @example Test code that uses a keyring
 * ```ts
 * import { getPassword, MemoryKeyring, setKeyring, setPassword } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring());
 * await setPassword("my_app", "alice", "made-up");
 * assertEquals(await getPassword("my_app", "alice"), "made-up");
 * ```
 */
export class MemoryKeyring extends Utf8Keyring {
  /** The store's name. */
  override readonly name = "Memory";
  #services = new Map<string, Map<string, { secret: Uint8Array; modified: Date }>>();

  /** Reads the bytes of an entry; see `Keyring.getSecret`. */
  override async getSecret(
    service: string,
    username: string,
    options: CallOptions = {},
  ): Promise<Uint8Array | null> {
    await begin("get", options, service, username);
    return this.#services.get(service)?.get(username)?.secret.slice() ?? null;
  }

  /** Stores the bytes of an entry; see `Keyring.setSecret`. */
  override async setSecret(
    service: string,
    username: string,
    secret: Uint8Array,
    options: CallOptions = {},
  ): Promise<void> {
    const copy = copySecret(secret);
    await begin("set", options, service, username);
    const users = this.#services.get(service) ?? new Map();
    users.get(username)?.secret.fill(0);
    users.set(username, { secret: copy, modified: new Date() });
    this.#services.set(service, users);
  }

  /** Deletes an entry; see `Keyring.deletePassword`. */
  override async deletePassword(
    service: string,
    username: string,
    options: CallOptions = {},
  ): Promise<void> {
    await begin("delete", options, service, username);
    const users = this.#services.get(service);
    const entry = users?.get(username);
    if (!users || !entry) throw noSuchEntry(service, username);
    entry.secret.fill(0);
    users.delete(username);
    if (users.size === 0) this.#services.delete(service);
  }

  /** Lists the entries; see `Keyring.list`. */
  override async list(options: ListOptions = {}): Promise<EntryInfo[]> {
    await begin("list", options, options.service);
    const entries: EntryInfo[] = [];
    for (const [service, users] of this.#services) {
      if (options.service !== undefined && options.service !== service) continue;
      for (const [username, { modified }] of users) entries.push({ service, username, modified });
    }
    return entries.sort(compareEntries);
  }
}

// Async, so that a refusal is a rejection as it is for the stores that must wait.
async function begin(
  operation: "get" | "set" | "delete" | "list",
  options: CallOptions,
  service?: string,
  username?: string,
): Promise<void> {
  await Promise.resolve();
  options.signal?.throwIfAborted();
  checkNames({ operation, service, username }, LIMITS);
}

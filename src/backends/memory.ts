import type { Backend, Entry, Secret } from "../backend.ts";
import type { EntryInfo } from "../keyring.ts";
import { StoreKeyring } from "../store_keyring.ts";

/**
 * A keyring that forgets everything when the process ends. It fulfills the whole contract, so that
 * code that uses a keyring can be tested without touching the user's.
 *
 * @example Test code that uses a keyring
 * ```ts
 * import { getPassword, MemoryKeyring, setKeyring, setPassword } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * setKeyring(new MemoryKeyring());
 * await setPassword("my_app", "alice", "correct horse");
 * assertEquals(await getPassword("my_app", "alice"), "correct horse");
 * ```
 */
export class MemoryKeyring extends StoreKeyring {
  /** Makes an empty keyring. */
  constructor() {
    super(new Memory());
  }
}

class Memory implements Backend {
  readonly name = "Memory";
  readonly limits = { unit: "bytes", service: 131_071, username: 131_071 } as const;
  readonly #entries = new Map<string, Entry & { bytes: Uint8Array; modified: Date }>();

  read(entry: Entry): Promise<Secret | null> {
    const found = this.#entries.get(keyOf(entry));
    return Promise.resolve(found ? { bytes: found.bytes.slice() } : null);
  }

  write({ service, username }: Entry, { bytes }: Secret): Promise<Uint8Array[]> {
    const key = keyOf({ service, username });
    const replaced = this.#entries.get(key);
    this.#entries.set(key, { service, username, bytes: bytes.slice(), modified: new Date() });
    return Promise.resolve(replaced ? [replaced.bytes] : []);
  }

  remove(entry: Entry): Promise<Uint8Array[] | null> {
    const removed = this.#entries.get(keyOf(entry));
    this.#entries.delete(keyOf(entry));
    return Promise.resolve(removed ? [removed.bytes] : null);
  }

  list(service: string | undefined): Promise<EntryInfo[]> {
    const entries = [...this.#entries.values()]
      .filter((entry) => service === undefined || entry.service === service)
      .map(({ service, username, modified }) => ({ service, username, modified }));
    return Promise.resolve(entries);
  }

  has(entry: Entry): Promise<boolean> {
    return Promise.resolve(this.#entries.has(keyOf(entry)));
  }
}

function keyOf({ service, username }: Entry): string {
  return JSON.stringify([service, username]);
}

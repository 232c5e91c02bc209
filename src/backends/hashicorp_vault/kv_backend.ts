// Entries as fields of secrets of a KV engine, version 2. Each write is by check-and-set: whatever other
// programs keep in the same secret is kept, and nothing that they wrote in the meantime is
// overwritten unseen.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure, quote } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import { SecretCache } from "../../lib/secret_cache.ts";
import { timeLimit } from "../../lib/time_limit.ts";
import { type Attempts, Changes } from "./changes.ts";
import { CONCURRENCY, VaultClient } from "./client.ts";
import { KeyValueEngine } from "./engine.ts";
import { scalarText } from "./exact_json.ts";
import type { Folder } from "./folder.ts";
import type { HashiCorpVaultOptions } from "./options.ts";
import { DEFAULT_TEMPLATE, PathTemplate, type Place } from "./path_template.ts";
import { findMount, ownSetting } from "./settings.ts";
import { fromField, LARGEST_SECRET, toField } from "./stored_form.ts";
import type { Version } from "./version.ts";

const NONE: Version = { version: 0, fields: {} };
const TIMEOUT_MS = 60_000;
const UNKNOWN = "Read the entry to find out whether it was changed.";

export class KeyValueBackend implements Backend {
  readonly name = "HashiCorp Vault";
  // At most three times as long in a path, of which raft's keys take 32 KiB.
  readonly limits = { unit: "bytes", service: 2_048, username: 2_048 } as const;
  readonly maxSecretBytes = LARGEST_SECRET;
  readonly concurrency = CONCURRENCY;
  readonly #client: VaultClient;
  readonly #options: HashiCorpVaultOptions;
  readonly #timeoutMs: number;
  readonly #cache: SecretCache;
  readonly #changes = new Changes();
  #located: { engine: KeyValueEngine; template: PathTemplate } | undefined;

  constructor(options: HashiCorpVaultOptions) {
    this.#options = options;
    this.#client = new VaultClient(options);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#cache = new SecretCache((options.cacheSeconds ?? 0) * 1000);
  }

  read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    return this.#inTime(signal, (signal) => this.#read(entry, signal));
  }

  write(entry: Entry, secret: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    return this.#inTime(signal, (signal) => this.#write(entry, secret, signal), UNKNOWN);
  }

  remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return this.#inTime(signal, (signal) => this.#remove(entry, signal), UNKNOWN);
  }

  list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    return this.#inTime(signal, async (signal) => {
      return await (await this.#folder()).entries(service, signal);
    });
  }

  hasEach(entries: readonly Entry[], signal?: AbortSignal): Promise<boolean[]> {
    return this.#inTime(signal, async (signal) => {
      return await (await this.#folder()).hasEach(entries, signal);
    });
  }

  async close(): Promise<void> {
    this.#cache.clear();
    await this.#client.close();
  }

  async #inTime<T>(
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
    advice = "Try again later.",
  ): Promise<T> {
    using limit = timeLimit(this.#timeoutMs);
    try {
      return await work(signal ? AbortSignal.any([signal, limit.signal]) : limit.signal);
    } catch (error) {
      if (!limit.signal.aborted || error !== limit.signal.reason) throw error;
      const seconds = this.#timeoutMs / 1000;
      const reason = `the Vault server did not answer in time (${seconds} s)`;
      throw new Failure("timeout", reason, { advice });
    }
  }

  async #read(entry: Entry, signal: AbortSignal): Promise<Secret | null> {
    const { engine, place } = this.#find(entry);
    const cached = this.#cache.get(keyOf(place));
    if (cached) return { bytes: cached };
    const { generation } = this.#cache;
    const { fields } = await engine.latest(place.path, signal) ?? NONE;
    if (!Object.hasOwn(fields, place.field)) return null;
    const text = scalarText(fields[place.field]);
    if (text === undefined) {
      throw new Failure("other", `the field ${quote(place.field)} of its secret is not text`, {
        advice: "Read it with `bao kv get`.",
      });
    }
    const bytes = fromField(text);
    this.#cache.keep(keyOf(place), bytes, generation);
    return { bytes };
  }

  async #write(entry: Entry, { bytes }: Secret, signal: AbortSignal): Promise<Uint8Array[]> {
    const [size, limit] = [bytes.length, LARGEST_SECRET];
    if (size > limit) throw new Failure("too-large", "", { size, limit });
    const { engine, place } = this.#find(entry);
    const text = toField(bytes);
    await engine.check(signal);
    await this.#change(place, signal, async (attempts) => {
      // Most often there is nothing yet, and a first look would double the work.
      const last = attempts.count > 1 ? await engine.latest(place.path, signal) ?? NONE : NONE;
      if (attempts.isUncertain && last.fields[place.field] === text) return true;
      const fields = { ...last.fields, [place.field]: text };
      return await engine.put(place.path, fields, last.version, attempts, signal);
    });
    return [];
  }

  async #remove(entry: Entry, signal: AbortSignal): Promise<Uint8Array[] | null> {
    const { engine, place } = this.#find(entry);
    const { path, field } = place;
    let isRemoved = false;
    await this.#change(place, signal, async (attempts) => {
      const found = await engine.latest(path, signal) ?? NONE;
      if (!Object.hasOwn(found.fields, field)) {
        isRemoved = attempts.isUncertain;
        if (!isRemoved && found.deleted) throw deletedFailure(found, engine.mount, path);
        return true;
      }
      const { [field]: _, ...rest } = found.fields;
      isRemoved = await engine.put(path, rest, found.version, attempts, signal);
      if (isRemoved && Object.keys(rest).length === 0) {
        await engine.deleteVersions(path, found.version, signal);
      }
      return isRemoved;
    });
    return isRemoved ? [] : null;
  }

  async #change(
    place: Place,
    signal: AbortSignal,
    attempt: (attempts: Attempts) => Promise<boolean>,
  ): Promise<void> {
    try {
      await this.#changes.run(place.path, signal, attempt);
    } finally {
      this.#cache.forget(keyOf(place));
    }
  }

  async #folder(): Promise<Folder> {
    const { engine, template } = this.#locate();
    const { Folder } = await import("./folder.ts");
    return new Folder(engine, template);
  }

  #find(entry: Entry): { engine: KeyValueEngine; place: Place } {
    const { engine, template } = this.#locate();
    return { engine, place: template.place(entry) };
  }

  #locate(): { engine: KeyValueEngine; template: PathTemplate } {
    const { path } = this.#options;
    this.#located ??= {
      engine: new KeyValueEngine(this.#client, findMount(this.#options)),
      template: new PathTemplate(path ?? ownSetting("KEYRING_VAULT_PATH") ?? DEFAULT_TEMPLATE),
    };
    return this.#located;
  }
}

function deletedFailure({ version, deleted }: Version, mount: string, path: string): Failure {
  const reason = deleted === "destroyed"
    ? "there is no such entry: its latest version was destroyed"
    : `there is no such entry: its latest version was deleted at ${deleted}`;
  const command = `bao kv undelete -mount=${mount} -versions=${version} ${path}`;
  const advice = `To get it back: ${command}`;
  return new Failure("missing", reason, deleted === "destroyed" ? {} : { advice });
}

function keyOf({ path, field }: Place): string {
  return `${path}#${field}`;
}

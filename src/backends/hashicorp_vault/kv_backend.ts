// Entries as fields of secrets of a KV engine, version 2. Each write is by check-and-set: whatever other
// programs keep in the same secret is kept, and nothing that they wrote meanwhile is overwritten unseen.

import type { Backend, Entry, Secret } from "../../backend.ts";
import { Failure, quote } from "../../errors.ts";
import type { EntryInfo } from "../../keyring.ts";
import { readVariable } from "../../lib/environment.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { Cache } from "./cache.ts";
import { CONCURRENCY, delay, isLost, type TriedAnswer, VaultClient } from "./client.ts";
import type { Message } from "./connection.ts";
import { scalarText } from "./exact_json.ts";
import { complaints, failureOf, isForbidden, missingFailure, noEngine, parse } from "./failures.ts";
import type { Folder } from "./folder.ts";
import type { HashiCorpVaultOptions } from "./options.ts";
import { DEFAULT_TEMPLATE, PathTemplate, type Place } from "./path_template.ts";
import { findMount } from "./settings.ts";
import { fromField, LARGEST_SECRET, toField } from "./stored_form.ts";
import { type Version, versionOf } from "./version.ts";

const NONE: Version = { version: 0, fields: {} };
const MOST_ATTEMPTS = 20;
const TIMEOUT_MS = 60_000;

interface Attempts {
  /** Which one it is, from 1. */
  count: number;
  /** Whether one may have had its effect without an answer. */
  isUncertain: boolean;
}

export class KeyValueBackend implements Backend {
  readonly name = "HashiCorp Vault";
  // At most three times as long in a path, of which raft's keys take 32 KiB.
  readonly limits = { unit: "bytes", service: 2_048, username: 2_048 } as const;
  readonly maxSecretBytes = LARGEST_SECRET;
  readonly concurrency = CONCURRENCY;
  readonly timeoutMs: number;
  readonly client: VaultClient;
  readonly #options: HashiCorpVaultOptions;
  readonly #cache: Cache;
  readonly #writers = new Map<string, { turns: Semaphore; count: number }>();
  #checkedMount: Promise<void> | undefined;
  #paths: { mount: string; template: PathTemplate } | undefined;

  constructor(options: HashiCorpVaultOptions) {
    this.#options = options;
    this.client = new VaultClient(options);
    this.timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#cache = new Cache((options.cacheSeconds ?? 0) * 1000);
  }

  get mount(): string {
    return this.#locate().mount;
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    const place = this.#place(entry);
    const cached = this.#cache.get(place);
    if (cached) return { bytes: cached };
    const { generation } = this.#cache;
    const { fields } = await this.#version(place.path, signal) ?? NONE;
    if (!Object.hasOwn(fields, place.field)) return null;
    const text = scalarText(fields[place.field]);
    if (text === undefined) {
      throw new Failure("other", `the field ${quote(place.field)} of its secret is not text`, {
        advice: "Read it with `bao kv get`.",
      });
    }
    const bytes = fromField(text);
    this.#cache.keep(place, bytes, generation);
    return { bytes };
  }

  async write(entry: Entry, { bytes }: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    const [size, limit] = [bytes.length, LARGEST_SECRET];
    if (size > limit) throw new Failure("too-large", "", { size, limit });
    const place = this.#place(entry);
    const text = toField(bytes);
    await this.#checkMount(signal);
    await this.#change(place, signal, async (attempts) => {
      // Most often there is nothing yet, and a first look would double the work.
      const last = attempts.count > 1 ? await this.#version(place.path, signal) ?? NONE : NONE;
      if (attempts.isUncertain && last.fields[place.field] === text) return true;
      const fields = { ...last.fields, [place.field]: text };
      return await this.#put(place.path, fields, last.version, attempts, signal);
    });
    return [];
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    const place = this.#place(entry);
    const { path, field } = place;
    let isRemoved = false;
    await this.#change(place, signal, async (attempts) => {
      const found = await this.#version(path, signal) ?? NONE;
      if (!Object.hasOwn(found.fields, field)) {
        isRemoved = attempts.isUncertain;
        if (!isRemoved && found.deleted) throw deletedFailure(found, this.mount, path);
        return true;
      }
      const { [field]: _, ...rest } = found.fields;
      isRemoved = await this.#put(path, rest, found.version, attempts, signal);
      if (isRemoved && Object.keys(rest).length === 0) {
        await this.#deleteVersions(path, found.version, signal);
      }
      return isRemoved;
    });
    return isRemoved ? [] : null;
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    return await (await this.#folder()).entries(service, signal);
  }

  async hasEach(entries: readonly Entry[], signal?: AbortSignal): Promise<boolean[]> {
    return await (await this.#folder()).hasEach(entries, signal);
  }

  async close(): Promise<void> {
    this.#cache.clear();
    await this.client.close();
  }

  /** The latest version of a secret, without fields if it was deleted; `undefined` if there is none. */
  async #version(path: string, signal: AbortSignal | undefined): Promise<Version | undefined> {
    const answer = await this.#request({ method: "GET", path: `data/${path}`, signal });
    const version = versionOf(answer);
    if (version) return version;
    if (answer.status === 200) throw noEngine(this.mount);
    if (answer.status !== 404) throw failureOf(answer);
    const failure = missingFailure(answer, this.mount);
    if (failure) throw failure;
    return undefined;
  }

  /** Stores a version after the given one; `false` where there is, or may be, another one by now. */
  async #put(
    path: string,
    data: Record<string, unknown>,
    cas: number,
    attempts: Attempts,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const body = { options: { cas }, data };
    const message = { method: "POST", path: `data/${path}`, body, signal } as const;
    const answer = await this.#request(message).catch((error) => {
      if (!isLost(error)) throw error;
    });
    attempts.isUncertain ||= !answer || answer.tries > 1;
    if (answer?.status === 200) return true;
    const said = answer && complaints(answer)?.join() || "";
    if (!answer || said.includes("did not match the current version")) return false;
    throw (answer.status === 404 ? missingFailure(answer, this.mount) : undefined) ??
      failureOf(answer);
  }

  /** Deletes the version that was emptied, and the one before: others that follow are not touched. */
  async #deleteVersions(
    path: string,
    version: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const body = { versions: [version, version + 1] };
    const answer = await this.#request({ method: "POST", path: `delete/${path}`, body, signal });
    if (answer.status >= 400) throw failureOf(answer);
  }

  /** Tries until it is done: another process may write the same secret. */
  async #change(
    place: Place,
    signal: AbortSignal | undefined,
    attempt: (attempts: Attempts) => Promise<boolean>,
  ): Promise<void> {
    const attempts = { count: 1, isUncertain: false };
    try {
      await this.#inTurn(place.path, signal, async () => {
        for (; attempts.count <= MOST_ATTEMPTS; attempts.count++) {
          if (await attempt(attempts)) return;
          if (attempts.count > 1) await delay(Math.random() * 20 * attempts.count, signal);
        }
        throw new Failure("other", "other programs changed the same secret each time", {
          codeName: "CONFLICT",
          advice: "Try again.",
        });
      });
    } catch (error) {
      throw attempts.isUncertain && error instanceof Failure ? unknownOutcome(error) : error;
    } finally {
      this.#cache.forget(place);
    }
  }

  /** Lets calls that change the same secret wait for each other, and not contend. */
  async #inTurn(
    path: string,
    signal: AbortSignal | undefined,
    action: () => Promise<void>,
  ): Promise<void> {
    const writers = this.#writers.get(path) ?? { turns: new Semaphore(1), count: 0 };
    this.#writers.set(path, writers);
    writers.count++;
    try {
      await writers.turns.run(signal, action);
    } finally {
      if (--writers.count === 0) this.#writers.delete(path);
    }
  }

  // A KV engine of version 1 would take a write, and store what it consists of.
  #checkMount(signal: AbortSignal | undefined): Promise<void> {
    const check = async () => {
      const path = `sys/internal/ui/mounts/${this.mount}`;
      const answer = await this.client.request({ method: "GET", path, signal });
      const { data } = parse(answer) as { data?: { options?: { version?: string } } };
      if (answer.status === 200 && data?.options?.version !== "2") throw noEngine(this.mount);
    };
    this.#checkedMount ??= check().catch((error) => {
      this.#checkedMount = undefined;
      // Without any right below the mount, the write itself says so.
      if (isForbidden(error)) return;
      throw error;
    });
    return this.#checkedMount;
  }

  async #request(message: Message): Promise<TriedAnswer> {
    return await this.client.request({ ...message, path: `${this.mount}/${message.path}` });
  }

  async #folder(): Promise<Folder> {
    const { mount, template } = this.#locate();
    const { Folder } = await import("./folder.ts");
    return new Folder(this.client, mount, template);
  }

  #place(entry: Entry): Place {
    return this.#locate().template.place(entry);
  }

  #locate(): { mount: string; template: PathTemplate } {
    const { path } = this.#options;
    this.#paths ??= {
      mount: findMount(this.#options),
      template: new PathTemplate(path ?? readVariable("KEYRING_VAULT_PATH") ?? DEFAULT_TEMPLATE),
    };
    return this.#paths;
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

function unknownOutcome({ kind, message, details }: Failure): Failure {
  const reason = `${message}, so that the outcome is unknown`;
  return new Failure(kind, reason, { ...details, advice: "Read the entry to find out." });
}

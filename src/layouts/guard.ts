// A backend that stores only what the program of a layout can read. What the program refuses or
// damages is refused before it is stored, and nothing is stored in this library's own form.

import type { Backend, Entry, NameLimits, Secret, TextForm } from "../backend.ts";
import { UTF8 } from "../checks.ts";
import { Failure } from "../errors.ts";
import type { EntryInfo } from "../keyring.ts";
import { isManifest, isReserved } from "../large_secrets/marks.ts";
import { hasAt } from "../lib/bytes.ts";
import { BASE64_MARKER } from "../lib/stored_form.ts";
import type { Layout } from "./layout.ts";

const MARKER = new TextEncoder().encode(BASE64_MARKER);
const LINE_BREAKS = { "\n": "newline", "\r": "carriage return" };

/** Restricts a backend to a layout; for this library's own, it already is. */
export function guard(backend: Backend, layout: Layout): Backend {
  return layout.name === "python" ? backend : new Guarded(backend, layout);
}

class Guarded implements Backend {
  readonly name: string;
  readonly limits: NameLimits;
  declare readonly maxSecretBytes?: number;
  declare readonly timeoutMs?: number;
  declare readonly concurrency?: number;
  readonly text: TextForm;
  declare readonly findUsername?: NonNullable<Backend["findUsername"]>;
  declare readonly has?: NonNullable<Backend["has"]>;
  readonly checkEach: NonNullable<Backend["checkEach"]>;
  declare readonly keyOf?: NonNullable<Backend["keyOf"]>;
  declare readonly locate?: NonNullable<Backend["locate"]>;
  readonly #backend: Backend;
  readonly #layout: Layout;

  constructor(backend: Backend, layout: Layout) {
    const { name, limits, maxSecretBytes, timeoutMs, findUsername, has, keyOf, locate } = backend;
    this.name = name;
    const { forbidden } = limits;
    const breaks = layout.rules.lineBreaks ? LINE_BREAKS : {};
    this.limits = { ...limits, forbidden: { ...forbidden, ...breaks } };
    this.text = textOf(backend.text ?? UTF8, layout);
    if (maxSecretBytes !== undefined) this.maxSecretBytes = maxSecretBytes;
    if (timeoutMs !== undefined) this.timeoutMs = timeoutMs;
    if (backend.concurrency !== undefined) this.concurrency = backend.concurrency;
    this.#backend = backend;
    this.#layout = layout;
    this.checkEach = async (entries, signal) => {
      const found = await backend.checkEach?.(entries, signal) ?? [];
      return entries.map((entry, index) => this.#refusalOf(entry) ?? found[index]);
    };
    if (keyOf) this.keyOf = (entry) => keyOf.call(backend, entry);
    if (has) this.has = (entry, signal) => this.#ask(entry, () => has.call(backend, entry, signal));
    if (locate) {
      this.locate = (entry, signal) => this.#ask(entry, () => locate.call(backend, entry, signal));
    }
    if (findUsername) {
      this.findUsername = (service, signal) =>
        this.#ask({ service }, () => findUsername.call(backend, service, signal));
    }
  }

  async read(entry: Entry, signal?: AbortSignal): Promise<Secret | null> {
    const secret = await this.#ask(entry, () => this.#backend.read(entry, signal));
    if (!secret || !isManifest(secret.bytes) && !hasAt(secret.bytes, 0, MARKER)) return secret;
    secret.bytes.fill(0);
    throw new Failure("other", "this library stored it in its own form", {
      advice: 'Read it with the layout "python".',
    });
  }

  async write(entry: Entry, secret: Secret, signal?: AbortSignal): Promise<Uint8Array[]> {
    return await this.#ask(entry, () => {
      this.#check(entry, secret);
      return this.#backend.write(entry, secret, signal);
    });
  }

  async remove(entry: Entry, signal?: AbortSignal): Promise<Uint8Array[] | null> {
    return await this.#ask(entry, () => this.#backend.remove(entry, signal));
  }

  async list(service: string | undefined, signal?: AbortSignal): Promise<EntryInfo[]> {
    if (service !== undefined) this.#checkService(service);
    const entries = await this.#backend.list(service, signal);
    return entries.filter((entry) => !isReserved(entry.service));
  }

  async #ask<T>({ service }: { service: string }, call: () => Promise<T>): Promise<T> {
    this.#checkService(service);
    return await call();
  }

  #checkService(service: string): void {
    const reason = this.#layout.rules.service?.(service);
    if (reason !== undefined) throw new Failure("other", reason);
  }

  #refusalOf({ service, username }: Entry): Failure | undefined {
    const { program, rules } = this.#layout;
    const reason = rules.service?.(service);
    if (reason !== undefined) return new Failure("other", reason);
    if (!rules.emptyUsername || username !== "") return undefined;
    return new Failure("other", `${program} has no entry without a username`);
  }

  #check(entry: Entry, secret: Secret): void {
    const { program, rules } = this.#layout;
    const refuse = (what: string) => new Failure("other", `${program} ${what}`);
    const refusal = this.#refusalOf(entry);
    if (refusal) throw refusal;
    if (rules.emptySecret && secret.bytes.length === 0) {
      throw refuse("cannot store an empty secret");
    }
    if (isManifest(secret.bytes) || hasAt(secret.bytes, 0, MARKER)) {
      throw new Failure("other", "the secret looks like one that this library encoded");
    }
    if (!rules.bytes || this.text.decode(secret) !== undefined) return;
    throw refuse(rules.nul ? "stores only text without NUL characters" : "stores only text");
  }
}

/** Text that the program could not have stored is not its text. */
function textOf(text: TextForm, { rules }: Layout): TextForm {
  return {
    encode: (given) => text.encode(given),
    decode(secret) {
      const decoded = text.decode(secret);
      return rules.nul && decoded?.includes("\0") ? undefined : decoded;
    },
  };
}

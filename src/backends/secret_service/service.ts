// The calls of org.freedesktop.secrets, with a secret encrypted on its way, and the same answers
// from all daemons: https://specifications.freedesktop.org/secret-service-spec/latest/

import { BUS } from "../../lib/dbus/connection.ts";
import { DBusError, DBusFormatError } from "../../lib/dbus/errors.ts";
import type { Peer, PeerCallOptions, SessionBus } from "../../lib/dbus/session.ts";
import { Shared } from "../../lib/dbus/shared.ts";
import { Variant } from "../../lib/dbus/types.ts";
import { countDown, type WaitOptions } from "../../lib/dbus/wait.ts";
import { saveWallet } from "./kwallet_save.ts";
import { type Program, programOf } from "./program.ts";
import { ask, promptIfNeeded, unlock } from "./prompt.ts";
import {
  decodeSecret,
  type EncodedSecret,
  encodeSecret,
  isSessionFault,
  openSession,
  type Secret,
  type Session,
} from "./session_crypto.ts";

export { PromptDismissedError } from "./prompt.ts";

export type Attributes = ReadonlyMap<string, string>;

export interface SearchResult {
  unlocked: string[];
  locked: string[];
  /** How long it took. */
  ms: number;
}

export interface NewItem {
  label: string;
  attributes: Attributes;
  /** Overwrite the first item that has at least these attributes. */
  replace: boolean;
}

export interface ItemProperties {
  /** Empty where it was not asked for. */
  label: string;
  attributes: Attributes;
  /** In seconds since 1970, and whole ones only; 0 where it was not asked for. */
  modified: number;
}

/** The collection was locked while an item was deleted: KWallet may have kept the secret. */
export class HalfDeletedError extends Error {
  override readonly name = "HalfDeletedError";
}

const SECRETS = "org.freedesktop.secrets";
const ROOT = "/org/freedesktop/secrets";
export const DEFAULT_COLLECTION = `${ROOT}/aliases/default`;
const SERVICE = "org.freedesktop.Secret.Service";
const COLLECTION = "org.freedesktop.Secret.Collection";
const ITEM = "org.freedesktop.Secret.Item";
const PROPERTIES = "org.freedesktop.DBus.Properties";
const IS_LOCKED = "org.freedesktop.Secret.Error.IsLocked";
const MISSING = [
  "org.freedesktop.Secret.Error.NoSuchObject",
  `${BUS}.Error.UnknownObject`,
  `${BUS}.Error.UnknownMethod`,
];
const MOST_SESSIONS = 3;

// One session per connection and daemon, however many keyrings there are.
const sessions = new WeakMap<Peer, Shared<Session>>();

export class SecretService {
  #bus: SessionBus;
  #unattended: boolean;
  #isPrepared = false;

  constructor(bus: SessionBus, unattended = false) {
    this.#bus = bus;
    this.#unattended = unattended;
  }

  /** Finds the items that have at least these attributes. Needs nothing unlocked. */
  async search(attributes: Attributes, options: WaitOptions = {}): Promise<SearchResult> {
    const call = { path: ROOT, interface: SERVICE, member: "SearchItems", reply: "aoao" };
    const body = [attributes];
    return await this.#use(options, async (peer, rest) => {
      const start = performance.now();
      const asking = ask(peer, { ...call, signature: "a{ss}", body }, {
        ...rest,
        idempotent: true,
      });
      const [unlocked, locked] = await asking as [string[], string[]];
      return { unlocked, locked, ms: performance.now() - start };
    });
  }

  /** Opens the session that secrets need, while something else is asked. */
  prepare(options: WaitOptions): void {
    if (this.#isPrepared) return;
    this.#isPrepared = true;
    // Who needs it meets the failure.
    this.#useSession(options, () => Promise.resolve()).catch(() => {});
  }

  /** Reads secrets. Those of items that are locked, or gone, are left out. */
  async getSecrets(
    items: readonly string[],
    options: WaitOptions = {},
  ): Promise<Map<string, Secret>> {
    if (items.length === 0) return new Map();
    const rest = countDown(options);
    try {
      return await this.#getSecrets(items, rest);
    } catch (error) {
      if (!isMissingError(error)) throw error;
      // KWallet refuses all where one is gone.
      if (items.length === 1) return new Map();
      const each = await Promise.all(items.map((item) => this.getSecrets([item], rest)));
      return new Map(each.flatMap((secrets) => [...secrets]));
    }
  }

  async #getSecrets(items: readonly string[], options: WaitOptions): Promise<Map<string, Secret>> {
    return await this.#useSession(options, async (peer, session, rest) => {
      const secrets = await readSecrets(peer, session, items, rest);
      const empty = [...secrets].filter(([, { value }]) => value.length === 0).map(([item]) =>
        item
      );
      if (empty.length === 0) return secrets;
      // What a locked KWallet answers, and without an error.
      const [again, locked] = await Promise.all([
        readSecrets(peer, session, empty, rest),
        lockedCollections(peer, empty, rest),
      ]);
      for (const item of empty) {
        secrets.delete(item);
        const secret = again.get(item);
        if (secret && !locked.has(collectionOf(item))) secrets.set(item, secret);
      }
      return secrets;
    });
  }

  /** Replaces the secret of an item, and nothing else of it. */
  async setSecret(item: string, secret: Secret, options: WaitOptions = {}): Promise<void> {
    await this.#useSession(options, async (peer, session, rest) => {
      const body = [await encodeSecret(session, secret)];
      const call = {
        path: item,
        interface: ITEM,
        member: "SetSecret",
        signature: "(oayays)",
        body,
      };
      if ((await change(peer, call, rest)).wasLocked) throw lockedError();
      await saveWallet(peer, rest);
    });
  }

  /** Creates an item, and returns its path. May open a dialog. */
  async createItem(
    collection: string,
    item: NewItem,
    secret: Secret,
    options: WaitOptions = {},
  ): Promise<string> {
    const properties = new Map([
      [`${ITEM}.Label`, new Variant("s", item.label)],
      [`${ITEM}.Attributes`, new Variant("a{ss}", item.attributes)],
    ]);
    return await this.#useSession(options, async (peer, session, rest) => {
      const body = [properties, await encodeSecret(session, secret), item.replace];
      const call = { path: collection, interface: COLLECTION, member: "CreateItem", body };
      const encoded = { ...call, signature: "a{sv}(oayays)b", reply: "oo" };
      const [path, prompt] = await ask(peer, encoded, rest);
      const created = await promptIfNeeded(peer, prompt, "o", rest, this.#unattended) ?? path;
      await saveWallet(peer, rest);
      return `${created}`;
    });
  }

  /** Deletes an item. May open a dialog. */
  async deleteItem(item: string, options: WaitOptions = {}): Promise<void> {
    await this.#use(options, async (peer, rest) => {
      const { isGnome } = await programOf(peer, rest);
      // On a locked wallet KWallet reports success, and loses track of the secret.
      const isLost = !isGnome && await isLocked(peer, item, ITEM, { ...rest, idempotent: true });
      if (isLost) throw lockedError();
      const call = { path: item, interface: ITEM, member: "Delete", reply: "o" };
      const { reply: [prompt], wasLocked } = await change(peer, call, rest);
      await promptIfNeeded(peer, prompt, "s", rest, this.#unattended);
      if (wasLocked) throw new HalfDeletedError("The collection was locked in the meantime");
      await saveWallet(peer, rest);
    });
  }

  /** Unlocks items or collections, and returns which. May open a dialog, one for all of them. */
  async unlock(objects: readonly string[], options: WaitOptions = {}): Promise<string[]> {
    if (this.#unattended) return [];
    return await this.#use(options, (peer, rest) => unlock(peer, objects, rest));
  }

  /** The collection with an alias, such as `default`. */
  async readAlias(alias: string, options: WaitOptions = {}): Promise<string | undefined> {
    const call = { path: ROOT, interface: SERVICE, member: "ReadAlias", signature: "s" };
    const [path] = await this.#use(
      options,
      (peer, rest) =>
        ask(peer, { ...call, body: [alias], reply: "o" }, { ...rest, idempotent: true }),
    );
    return path === "/" ? undefined : `${path}`;
  }

  /** The items of a collection, as far as it shows them. */
  async getItems(collection: string, options: WaitOptions = {}): Promise<string[]> {
    const call = { path: collection, interface: PROPERTIES, member: "Get", signature: "ss" };
    const [items] = await this.#use(
      options,
      (peer, rest) =>
        ask(peer, { ...call, body: [COLLECTION, "Items"], reply: "v" }, {
          ...rest,
          idempotent: true,
        }),
    );
    return (items as Variant).value as string[];
  }

  async isCollectionLocked(collection: string, options: WaitOptions = {}): Promise<boolean> {
    return await this.#use(
      options,
      (peer, rest) => isLocked(peer, collection, COLLECTION, { ...rest, idempotent: true }),
    );
  }

  /** The attributes that identify the entry of an item. Needs nothing unlocked. */
  async getProperties(
    item: string,
    options: WaitOptions = {},
    { withLabel = true, withTime = true }: { withLabel?: boolean; withTime?: boolean } = {},
  ): Promise<ItemProperties> {
    const names = ["Attributes", ...withTime ? ["Modified"] : [], ...withLabel ? ["Label"] : []];
    const all = await this.#use(options, (peer, rest) => readProperties(peer, item, names, rest));
    const read = (name: string, signature: string): unknown => {
      const property = all.get(name);
      if (property?.signature !== signature) throw new DBusFormatError(`An item has no ${name}`);
      return property.value;
    };
    return {
      label: withLabel ? `${read("Label", "s")}` : "",
      attributes: read("Attributes", "a{ss}") as Attributes,
      modified: withTime ? Number(read("Modified", "t")) : 0,
    };
  }

  /** Whether secrets are encrypted on their way to the daemon. */
  async isEncrypted(options: WaitOptions = {}): Promise<boolean> {
    return await this.#useSession(options, (_, { key }) => Promise.resolve(key !== undefined));
  }

  async getProgram(options: WaitOptions = {}): Promise<Program> {
    return await this.#use(options, programOf);
  }

  async #use<T>(
    options: WaitOptions,
    action: (peer: Peer, options: WaitOptions) => Promise<T>,
  ): Promise<T> {
    return await this.#bus.use(SECRETS, action, options);
  }

  /** Runs an action with a session; again with a fresh one where the daemon cannot use that. */
  async #useSession<T>(
    options: WaitOptions,
    action: (peer: Peer, session: Session, options: WaitOptions) => Promise<T>,
  ): Promise<T> {
    return await this.#use(options, async (peer, rest) => {
      const shared = sessions.get(peer) ??
        new Shared((signal) => openSession(peer, { signal }), () => false);
      sessions.set(peer, shared);
      for (let attempt = 1;; attempt++) {
        const session = await shared.get(rest);
        try {
          return await action(peer, session, rest);
        } catch (error) {
          if (attempt === MOST_SESSIONS || !isSessionFault(error)) throw error;
          shared.forget(session);
        }
      }
    });
  }
}

/** Whether an error says that what was asked for is locked. */
export function isLockedError(error: unknown): boolean {
  return error instanceof DBusError && error.name === IS_LOCKED;
}

/** Whether an error says that an item or a collection is not there, or not any more. */
export function isMissingError(error: unknown): boolean {
  // GNOME's texts are translated, KWallet's are not.
  return error instanceof DBusError && error.sender !== BUS && !isSessionFault(error) &&
    (MISSING.includes(error.name) ||
      error.name === `${BUS}.Error.InvalidArgs` && error.message.startsWith("Can't find item"));
}

async function readSecrets(
  peer: Peer,
  session: Session,
  items: readonly string[],
  options: WaitOptions,
): Promise<Map<string, Secret>> {
  const call = { path: ROOT, interface: SERVICE, member: "GetSecrets", signature: "aoo" };
  const reading = { ...call, body: [items, session.path], reply: "a{o(oayays)}" };
  const [encoded] = await ask(peer, reading, { ...options, idempotent: true });
  const secrets = new Map<string, Secret>();
  for (const [item, secret] of encoded as Map<string, EncodedSecret>) {
    secrets.set(item, await decodeSecret(session, secret));
  }
  return secrets;
}

async function readProperties(
  peer: Peer,
  path: string,
  names: readonly string[],
  options: WaitOptions,
): Promise<Map<string, Variant>> {
  const rest = { ...options, idempotent: true };
  const call = { path, interface: PROPERTIES };
  // For each property, gnome-keyring looks through all items.
  if ((await programOf(peer, options)).isGnome) {
    const get = { ...call, member: "Get", signature: "ss", reply: "v" };
    return new Map(
      await Promise.all(names.map(async (name) => {
        const [value] = await ask(peer, { ...get, body: [ITEM, name] }, rest);
        return [name, value as Variant] as const;
      })),
    );
  }
  const getAll = { ...call, member: "GetAll", signature: "s", body: [ITEM], reply: "a{sv}" };
  const [all] = await ask(peer, getAll, rest);
  return all as Map<string, Variant>;
}

async function isLocked(
  peer: Peer,
  path: string,
  kind: string,
  options: PeerCallOptions,
): Promise<boolean> {
  const call = { path, interface: PROPERTIES, member: "Get", signature: "ss" };
  const [locked] = await ask(peer, { ...call, body: [kind, "Locked"], reply: "v" }, options);
  return (locked as Variant).value === true;
}

/**
 * Changes an item, and asks right behind it whether its collection is locked. A locked KWallet reports
 * success for what it did not do, where GNOME's daemon refuses; a refused call is a refused call.
 */
async function change(
  peer: Peer,
  call: Parameters<typeof ask>[1],
  options: PeerCallOptions,
): Promise<{ reply: readonly unknown[]; wasLocked: boolean }> {
  const { isGnome } = await programOf(peer, options);
  const changing = ask(peer, call, options);
  if (isGnome) return { reply: await changing, wasLocked: false };
  const checking = isLocked(peer, collectionOf(call.path), COLLECTION, options);
  const [done, check] = await Promise.allSettled([changing, checking]);
  if (done.status === "rejected") throw done.reason;
  if (check.status === "rejected") throw check.reason;
  return { reply: done.value, wasLocked: check.value };
}

async function lockedCollections(
  peer: Peer,
  items: readonly string[],
  options: WaitOptions,
): Promise<Set<string>> {
  const collections = [...new Set(items.map(collectionOf))];
  const locked = await Promise.all(
    collections.map((path) => isLocked(peer, path, COLLECTION, { ...options, idempotent: true })),
  );
  return new Set(collections.filter((_, index) => locked[index]));
}

function collectionOf(item: string): string {
  return item.slice(0, item.lastIndexOf("/"));
}

function lockedError(): DBusError {
  return new DBusError(IS_LOCKED, "The collection is locked");
}

// @uses dbus-daemon (dbus)
//
// The Secret Service client against daemons that behave in their own ways, on a real bus.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { overBus } from "../../../src/backends/secret_service/dbus_backend.ts";
import {
  DEFAULT_COLLECTION,
  HalfDeletedError,
  isLockedError,
  isMissingError,
  PromptDismissedError,
  SecretService,
} from "../../../src/backends/secret_service/service.ts";
import {
  decodeSecret,
  type EncodedSecret,
  encodeSecret,
  KeyExchange,
  type Session,
} from "../../../src/backends/secret_service/session_crypto.ts";
import { Failure } from "../../../src/errors.ts";
import {
  DBusDisconnectedError,
  DBusError,
  DBusFormatError,
  DBusTimeoutError,
} from "../../../src/lib/dbus/errors.ts";
import type { Message } from "../../../src/lib/dbus/message.ts";
import { isOutcomeUnknown, SessionBus, sessionBus } from "../../../src/lib/dbus/session.ts";
import { Variant } from "../../../src/lib/dbus/types.ts";
import type { FakeClient } from "../../lib/dbus/fake_bus.ts";
import { noBus, PrivateBus, TestService } from "../../lib/dbus/private_bus.ts";

const ITEM = "/org/freedesktop/secrets/collection/a/1";
const OTHER = "/org/freedesktop/secrets/collection/b/2";
const NEW_ITEM = { label: "", attributes: new Map([["service", "x"]]), replace: true };
const PROMPT = "/org/freedesktop/secrets/prompt/p1";
const SECRET = { value: new TextEncoder().encode("made-up"), contentType: "text/plain" };
const EMPTY = { ...SECRET, value: new Uint8Array() };

/** What a daemon does with a call: a reply, an error, or nothing. */
type Answer = [signature: string, ...body: unknown[]] | { error: string; text?: string } | null;
type Handlers = Record<string, (call: Message, daemon: Daemon) => Answer | Promise<Answer>>;

class Daemon implements AsyncDisposable {
  readonly bus: PrivateBus;
  readonly session: SessionBus;
  readonly service: SecretService;
  /** Every call but pings, as `Member path`. */
  readonly calls: string[] = [];
  /** The last call. */
  last: Message = { type: 1, serial: 1 };
  /** The session that was opened last. */
  opened: Session = { path: "/" };
  handlers: Handlers;
  #client: FakeClient | undefined;
  #program: TestService | undefined;

  private constructor(bus: PrivateBus, handlers: Handlers) {
    this.bus = bus;
    this.session = new SessionBus(bus.address);
    this.service = new SecretService(this.session);
    this.handlers = handlers;
  }

  static async start(handlers: Handlers = {}): Promise<Daemon> {
    const daemon = new Daemon(await PrivateBus.start(), handlers);
    await daemon.restart();
    return daemon;
  }

  /** Puts another program in the place of this one. */
  async restart(): Promise<void> {
    const old = this.#program;
    this.#program = await TestService.start(
      this.bus,
      "org.freedesktop.secrets",
      (call, client) => this.#serve(call, client),
    );
    await old?.[Symbol.asyncDispose]();
  }

  stop(): void {
    this.#program?.close();
  }

  /** Owns another name, too. */
  async own(name: string): Promise<void> {
    const bus = "org.freedesktop.DBus";
    await this.#client?.send({
      ...{ type: 1, flags: 1, serial: 9, destination: bus, path: "/", interface: bus },
      ...{ member: "RequestName", signature: "su", body: [name, 4] },
    });
  }

  async complete(call: Message, dismissed: boolean, result: Variant): Promise<void> {
    const { sender: destination, path } = call;
    const fields = {
      path: path ?? PROMPT,
      interface: "org.freedesktop.Secret.Prompt",
      destination,
    };
    const body = [dismissed, result];
    await this.#client?.send({
      ...{ ...fields, type: 4, serial: 9, member: "Completed" },
      ...{ signature: "bv", body },
    });
  }

  async #serve(call: Message, client: FakeClient): Promise<void> {
    this.#client = client;
    this.last = call;
    this.calls.push(`${call.member} ${call.path?.replace("/org/freedesktop/secrets", "")}`);
    const handler = this.handlers[call.member ?? ""] ?? DEFAULTS[call.member ?? ""];
    const answer = await handler?.(call, this) ?? null;
    if (answer === null) return;
    if (Array.isArray(answer)) return await client.reply(call, ...answer);
    await client.send({
      ...{ type: 3, serial: 1, replySerial: call.serial, destination: call.sender },
      ...{ errorName: answer.error, signature: "s", body: [answer.text ?? ""] },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.session[Symbol.asyncDispose]();
    await this.#program?.[Symbol.asyncDispose]();
    await this.bus[Symbol.asyncDispose]();
  }
}

const plain: Handlers["OpenSession"] = ({ body = [] }) =>
  body[0] === "plain"
    ? ["vo", new Variant("s", ""), "/session/plain"]
    : { error: "org.freedesktop.DBus.Error.NotSupported" };

const DEFAULTS: Handlers = {
  OpenSession: async ({ body = [] }, daemon) => {
    const exchange = new KeyExchange();
    const key = await exchange.finish((body[1] as Variant).value as Uint8Array);
    daemon.opened = { path: `/session/${daemon.calls.length}`, ...key && { key } };
    return ["vo", new Variant("ay", exchange.publicKey), daemon.opened.path];
  },
  Close: () => [""],
  Get: () => ["v", new Variant("b", false)],
  SetSecret: () => [""],
  GetSecrets: async ({ body: [items] = [] }, { opened }) => {
    const secrets = new Map<string, EncodedSecret>();
    for (const item of items as string[]) secrets.set(item, await encodeSecret(opened, SECRET));
    return ["a{o(oayays)}", secrets];
  },
  CreateItem: () => ["oo", ITEM, "/"],
  Delete: () => ["o", "/"],
  Dismiss: () => [""],
  Prompt: () => [""],
};
/** A locked KWallet. */
const LOCKED: Handlers = {
  GetSecrets: async ({ body: [items] = [] }, { opened }) => {
    const secrets = new Map<string, EncodedSecret>();
    for (const item of items as string[]) secrets.set(item, await encodeSecret(opened, EMPTY));
    return ["a{o(oayays)}", secrets];
  },
  Get: () => ["v", new Variant("b", true)],
};
const ENABLED = { Get: DEFAULTS.Get } as Handlers;

function test(name: string, fn: (daemon: Daemon) => Promise<void>): void {
  Deno.test({
    name,
    ignore: noBus,
    fn: async () => {
      await using daemon = await Daemon.start();
      await fn(daemon);
    },
  });
}

function count(daemon: Daemon, member: string): number {
  return daemon.calls.filter((call) => call.startsWith(`${member} `)).length;
}

/** Calls that could change something, or show a secret. */
function writes({ service }: Pick<Daemon, "service">, options = {}): (() => Promise<unknown>)[] {
  return [
    () => service.setSecret(ITEM, SECRET, options),
    () => service.createItem(DEFAULT_COLLECTION, NEW_ITEM, SECRET, options),
    () => service.deleteItem(ITEM, options),
  ];
}

test("several SecretServices share one session", async (daemon) => {
  const services = [daemon.service, new SecretService(daemon.session)];
  const values = Array.from({ length: 100 }, (_, index) => services[index % 2]?.getSecrets([ITEM]));
  for (const secrets of await Promise.all(values)) assertEquals(secrets?.get(ITEM), SECRET);
  assert(await daemon.service.isEncrypted());
  // One of 256 shared secrets is not used.
  assertEquals(count(daemon, "OpenSession") - count(daemon, "Close"), 1);
});

test("a secret arrives encrypted", async (daemon) => {
  let arrived: unknown;
  daemon.handlers = {
    SetSecret: async ({ body: [secret] = [] }, { opened }) => {
      arrived = await decodeSecret(opened, secret as EncodedSecret);
      return [""];
    },
  };
  await daemon.service.setSecret(ITEM, SECRET);
  assertEquals(arrived, SECRET);
});

test("a session is plain only where the daemon supports no encryption", async (daemon) => {
  daemon.handlers = { OpenSession: () => ({ error: "org.freedesktop.DBus.Error.Failed" }) };
  await assertRejects(() => daemon.service.getSecrets([ITEM]), DBusError);
  daemon.handlers = { OpenSession: plain };
  const body: EncodedSecret = ["/session/plain", new Uint8Array(), SECRET.value, "text/plain"];
  daemon.handlers["GetSecrets"] = () => ["a{o(oayays)}", new Map([[ITEM, body]])];
  assertEquals((await daemon.service.getSecrets([ITEM])).get(ITEM), SECRET);
  assertEquals(await daemon.service.isEncrypted(), false);
  let arrived: unknown;
  daemon.handlers["SetSecret"] = ({ body }) => {
    arrived = body?.[0];
    return [""];
  };
  await daemon.service.setSecret(ITEM, SECRET);
  assertEquals(arrived, body);
});

test("a shared secret that begins with a zero byte is not used", async (daemon) => {
  daemon.handlers = {
    OpenSession: async (call, daemon) => {
      if (daemon.calls.length > 1) return await DEFAULTS["OpenSession"]?.(call, daemon) ?? null;
      const clientKey = (call.body?.[1] as Variant).value as Uint8Array;
      let exchange = new KeyExchange();
      while (await exchange.finish(clientKey)) exchange = new KeyExchange();
      return ["vo", new Variant("ay", exchange.publicKey), "/session/zero"];
    },
  };
  assertEquals((await daemon.service.getSecrets([ITEM])).get(ITEM), SECRET);
  const [first, second, third] = daemon.calls;
  assertEquals([first, second, third?.split(" ")[0]], [
    "OpenSession ",
    "Close /session/zero",
    "OpenSession",
  ]);
});

test("a session that does not work is replaced, twice at most", async (daemon) => {
  const faults: Answer[] = [
    { error: "org.freedesktop.Secret.Error.NoSession" },
    { error: "org.freedesktop.DBus.Error.UnknownObject", text: "Can't find session /session/1" },
  ];
  for (const fault of faults) {
    let failures = 2;
    daemon.handlers = { SetSecret: () => failures-- > 0 ? fault : [""] };
    await daemon.service.setSecret(ITEM, SECRET);
    daemon.calls.length = 0;
    failures = Infinity;
    const error = await assertRejects(() => daemon.service.setSecret(ITEM, SECRET), DBusError);
    assert(!isMissingError(error));
    assertEquals(count(daemon, "SetSecret"), 3);
  }
  // Garbage, which does not decrypt.
  const garbage: EncodedSecret = ["/s", new Uint8Array(16), new Uint8Array(15), ""];
  let isDamaged = true;
  daemon.handlers = {
    GetSecrets: async (call, daemon) => {
      if (isDamaged) return ["a{o(oayays)}", new Map([[ITEM, garbage]])];
      return await DEFAULTS["GetSecrets"]?.(call, daemon) ?? null;
    },
    OpenSession: async (call, daemon) => {
      isDamaged = false;
      return await DEFAULTS["OpenSession"]?.(call, daemon) ?? null;
    },
  };
  assertEquals((await daemon.service.getSecrets([ITEM])).get(ITEM), SECRET);
});

test("a locked daemon's success is no success", async (daemon) => {
  daemon.handlers = { ...LOCKED };
  assertEquals(await daemon.service.getSecrets([ITEM, OTHER]), new Map());
  const setting = await daemon.service.setSecret(ITEM, SECRET).catch((error) => error);
  assert(isLockedError(setting));
  daemon.calls.length = 0;
  assert(isLockedError(await daemon.service.deleteItem(ITEM).catch((error) => error)));
  assertEquals(count(daemon, "Delete"), 0);
  // One collection is locked, the other is not.
  daemon.handlers = {
    ...LOCKED,
    Get: ({ path }) => ["v", new Variant("b", path?.endsWith("a") === true)],
  };
  assertEquals(await daemon.service.getSecrets([ITEM, OTHER]), new Map([[OTHER, EMPTY]]));
  // It is locked while the item is deleted.
  daemon.handlers = {
    Get: ({ path }) => ["v", new Variant("b", path !== ITEM)],
  };
  await assertRejects(() => daemon.service.deleteItem(ITEM), HalfDeletedError);
});

test("Locked is asked right behind each call that could lie", async (daemon) => {
  await daemon.service.isEncrypted();
  daemon.calls.length = 0;
  await daemon.service.getSecrets([ITEM]);
  await daemon.service.setSecret(ITEM, SECRET);
  await daemon.service.deleteItem(ITEM);
  const [, ...writes] = daemon.calls;
  assertEquals(writes, [
    ...["SetSecret /collection/a/1", "Get /collection/a"],
    ...["Get /collection/a/1", "Delete /collection/a/1", "Get /collection/a"],
  ]);
  daemon.handlers = { ...LOCKED, ...ENABLED };
  daemon.calls.length = 0;
  const items = [ITEM, ITEM.replace("1", "2"), OTHER];
  assertEquals((await daemon.service.getSecrets(items)).size, 3);
  assertEquals(daemon.calls, [
    ...["GetSecrets ", "GetSecrets ", "Get /collection/a", "Get /collection/b"],
  ]);
});

test("gnome-keyring, which refuses what is locked, is not asked whether it is", async (daemon) => {
  await daemon.service.isCollectionLocked(DEFAULT_COLLECTION);
  await daemon.own("org.gnome.keyring");
  await daemon.service.isEncrypted();
  daemon.calls.length = 0;
  await daemon.service.setSecret(ITEM, SECRET);
  await daemon.service.deleteItem(ITEM);
  assertEquals(daemon.calls, ["SetSecret /collection/a/1", "Delete /collection/a/1"]);
});

test("the only item that was found is replaced and deleted, but none of another program", async (daemon) => {
  const names = new Map([["service", "my_app"], ["username", "alice"]]);
  daemon.handlers = {
    SearchItems: () => ["aoao", [ITEM], []],
    GetAll: () => ["a{sv}", propertiesOf(names)],
  };
  const backend = overBus({ address: daemon.bus.address });
  try {
    const entry = { service: "my_app", username: "alice" };
    assertEquals(await backend.write(entry, { bytes: SECRET.value }), [SECRET.value]);
    assertEquals(await backend.remove(entry), [SECRET.value]);
    // An item of another program, with the same names and more.
    names.set("port", "1");
    daemon.calls.length = 0;
    await assertRejects(() => backend.remove(entry), Failure, "more attributes");
    await backend.write(entry, { bytes: SECRET.value });
    assertEquals([count(daemon, "Delete"), count(daemon, "SetSecret")], [0, 0]);
    assertEquals(count(daemon, "CreateItem"), 1);
  } finally {
    await sessionBus({ address: daemon.bus.address })[Symbol.asyncDispose]();
  }
});

test("an empty secret is read again, for the wallet may have been unlocked since", async (daemon) => {
  let isFirst = true;
  daemon.handlers = {
    GetSecrets: async (call, daemon) => {
      const handlers = isFirst ? LOCKED : DEFAULTS;
      isFirst = false;
      return await handlers["GetSecrets"]?.(call, daemon) ?? null;
    },
  };
  assertEquals(await daemon.service.getSecrets([ITEM]), new Map([[ITEM, SECRET]]));
});

test("a refused call is a refused call, whether anything is locked or not", async (daemon) => {
  const error = "org.freedesktop.Secret.Error.IsLocked";
  for (const locked of [LOCKED, ENABLED]) {
    const refuse = () => ({ error });
    daemon.handlers = { ...locked, SetSecret: refuse, CreateItem: refuse, Delete: refuse };
    for (const write of writes(daemon)) {
      assert(isLockedError(await write().catch((error) => error)));
    }
  }
});

test("isMissingError() knows each daemon's answer", async (daemon) => {
  const answers: [Answer, boolean][] = [
    [{ error: "org.freedesktop.DBus.Error.UnknownMethod", text: "Objekt existiert nicht" }, true],
    [{ error: "org.freedesktop.DBus.Error.UnknownObject", text: "No such object path" }, true],
    [{ error: "org.freedesktop.Secret.Error.NoSuchObject" }, true],
    [{ error: "org.freedesktop.DBus.Error.InvalidArgs", text: "Can't find item at path /x" }, true],
    [{ error: "org.freedesktop.DBus.Error.InvalidArgs", text: "Item label is invalid" }, false],
    [{ error: "org.freedesktop.Secret.Error.IsLocked" }, false],
    [{ error: "org.freedesktop.DBus.Error.Failed" }, false],
  ];
  for (const [answer, isMissing] of answers) {
    daemon.handlers = { GetAll: () => answer };
    const error = await daemon.service.getProperties(ITEM).catch((error) => error);
    assertEquals(isMissingError(error), isMissing, error.name);
  }
  daemon.stop();
  const error = await daemon.service.getProperties(ITEM).catch((error) => error);
  assertEquals([error.name, isMissingError(error)], [
    "org.freedesktop.DBus.Error.ServiceUnknown",
    false,
  ]);
});

test("a prompt is followed to its end", async (daemon) => {
  const completes = (dismissed: boolean, result: Variant): Handlers => ({
    CreateItem: () => ["oo", "/", PROMPT],
    Delete: () => ["o", PROMPT],
    Unlock: () => ["aoo", [OTHER], PROMPT],
    // The signal may come before the reply.
    Prompt: async (call, daemon) => {
      await daemon.complete(call, dismissed, result);
      return [""];
    },
  });
  const { service } = daemon;
  daemon.handlers = completes(false, new Variant("o", ITEM));
  assertEquals(await service.createItem(DEFAULT_COLLECTION, NEW_ITEM, SECRET), ITEM);
  daemon.handlers = completes(false, new Variant("s", ""));
  await service.deleteItem(ITEM);
  daemon.handlers = completes(false, new Variant("ao", [ITEM]));
  assertEquals(await service.unlock([ITEM, OTHER]), [OTHER, ITEM]);
  assertEquals(count(daemon, "Prompt"), 3);
  daemon.handlers = completes(true, new Variant("s", ""));
  for (const write of [...writes(daemon).slice(1), () => service.unlock([ITEM])]) {
    await assertRejects(write, PromptDismissedError);
  }
  assertEquals(count(daemon, "Dismiss"), 0);
});

test("a prompt that nobody answers is dismissed", async (daemon) => {
  const { service } = daemon;
  const dismissed = () => Promise.withResolvers<void>();
  let { promise, resolve } = dismissed();
  const reason = new Error("enough");
  let shown: AbortController | undefined;
  daemon.handlers = {
    CreateItem: () => ["oo", "/", PROMPT],
    Delete: () => ["o", PROMPT],
    Unlock: () => ["aoo", [], PROMPT],
    Prompt: () => {
      shown?.abort(reason);
      return [""];
    },
    Dismiss: () => {
      resolve();
      return [""];
    },
  };
  const calls = (options: { timeoutMs?: number; signal?: AbortSignal }) =>
    writes(daemon, options).slice(1);
  for (const index of [0, 1]) {
    const late = await calls({ timeoutMs: 1_000 })[index]?.().catch((error) => error);
    assertInstanceOf(late, DBusTimeoutError);
    await promise;
    ({ promise, resolve } = dismissed());
    const { signal } = shown = new AbortController();
    const aborted = await calls({ signal })[index]?.().catch((error) => error);
    assertEquals(aborted, signal.reason);
    shown = undefined;
    await promise;
    ({ promise, resolve } = dismissed());
  }
  assertEquals(
    await service.unlock([ITEM], { signal: AbortSignal.abort(reason) })
      .catch((error) => error),
    reason,
  );
});

test("an unlock prompt is never dismissed, and is waited for again", async (daemon) => {
  const { service } = daemon;
  let isShown = false;
  daemon.handlers = {
    Unlock: () => ["aoo", [], PROMPT],
    Prompt: () => {
      if (isShown) return { error: "org.freedesktop.Secret.Error.AlreadyExists" };
      isShown = true;
      return [""];
    },
  };
  const late = service.unlock([ITEM], { timeoutMs: 1_000 });
  await assertRejects(() => late, DBusTimeoutError);
  const waiting = [1, 2, 3].map(() => service.unlock([ITEM]).catch((error) => error));
  while (count(daemon, "Prompt") < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals([count(daemon, "Unlock"), count(daemon, "Prompt")], [1, 2]);
  await daemon.complete(daemon.last, true, new Variant("s", ""));
  for (const error of await Promise.all(waiting)) assertInstanceOf(error, PromptDismissedError);
  // Answered while nobody waits: the prompt is gone.
  isShown = false;
  await assertRejects(() => service.unlock([ITEM], { timeoutMs: 50 }), DBusTimeoutError);
  daemon.handlers = {
    Unlock: () => ["aoo", [ITEM], "/"],
    Prompt: () => ({ error: "org.freedesktop.DBus.Error.UnknownMethod" }),
  };
  assertEquals(await service.unlock([ITEM]), [ITEM]);
  assertEquals(count(daemon, "Dismiss"), 0);
});

test("callers that unlock the same share one prompt", async (daemon) => {
  daemon.handlers = {
    Unlock: (_, daemon) => daemon.handlers["Get"] ? ["aoo", [ITEM], "/"] : ["aoo", [], PROMPT],
    Prompt: async (call, daemon) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      daemon.handlers["Get"] = DEFAULTS["Get"] ?? (() => null);
      await daemon.complete(call, false, new Variant("ao", [ITEM]));
      return [""];
    },
  };
  const calls = Array.from({ length: 20 }, () => daemon.service.unlock([ITEM]));
  for (const unlocked of await Promise.all(calls)) assertEquals(unlocked, [ITEM]);
  assertEquals(count(daemon, "Prompt"), 1);
});

test("a prompt ends with its daemon", async (daemon) => {
  daemon.handlers = {
    Unlock: () => ["aoo", [], PROMPT],
    Prompt: (_, daemon) => {
      setTimeout(() => daemon.stop(), 20);
      return [""];
    },
  };
  const error = await daemon.service.unlock([ITEM]).catch((error) => error);
  assertInstanceOf(error, DBusDisconnectedError);
  // Nothing was to be changed.
  assert(!isOutcomeUnknown(error));
});

test("a write that a daemon did not answer is not made again", async (daemon) => {
  await daemon.service.isEncrypted();
  for (const member of ["SetSecret", "CreateItem", "Delete"]) {
    daemon.handlers = {
      [member]: (_, daemon) => {
        daemon.stop();
        return null;
      },
    };
    daemon.calls.length = 0;
    const index = ["SetSecret", "CreateItem", "Delete"].indexOf(member);
    const error = await writes(daemon)[index]?.().catch((error) => error);
    assert(isOutcomeUnknown(error), `${error}`);
    assertEquals(count(daemon, member), 1);
    await daemon.restart();
  }
});

test("a read that a daemon did not answer is made again with the next one", async (daemon) => {
  let restarted: Promise<void> | undefined;
  daemon.handlers = {
    GetSecrets: async (call, daemon) => {
      if (restarted) return await DEFAULTS["GetSecrets"]?.(call, daemon) ?? null;
      restarted = daemon.restart();
      return null;
    },
  };
  assertEquals((await daemon.service.getSecrets([ITEM])).get(ITEM), SECRET);
  assertEquals(count(daemon, "GetSecrets"), 2);
  await restarted;
});

test("every call ends at its time limit", async (daemon) => {
  const silent = () => null;
  const members = ["SearchItems", "GetSecrets", "SetSecret", "CreateItem", "Delete", "Unlock"];
  daemon.handlers = Object.fromEntries(members.map((member) => [member, silent]));
  const { service } = daemon;
  const options = { timeoutMs: 100 };
  const calls = [
    () => service.search(new Map(), options),
    () => service.getSecrets([ITEM], options),
    ...writes(daemon, options),
    () => service.unlock([ITEM], options),
    () => service.readAlias("default", options),
    () => service.getProperties(ITEM, options),
  ];
  for (const call of calls) await assertRejects(call, DBusTimeoutError);
  daemon.handlers = { OpenSession: silent, Get: silent };
  await daemon.restart();
  for (const call of calls.slice(1, 5)) await assertRejects(call, DBusTimeoutError);
});

test("a list goes on as long as the daemon answers, however many items there are", async (daemon) => {
  const items = Array.from({ length: 150 }, (_, index) => `${ITEM}${index}`);
  const { now } = performance;
  let late = 0;
  daemon.handlers = {
    SearchItems: () => ["aoao", items, []],
    GetAll: ({ path = "" }) => {
      late += 1_000;
      const attributes = new Map([["service", "my_app"], ["username", path]]);
      return ["a{sv}", propertiesOf(attributes)];
    },
  };
  performance.now = () => now.call(performance) + late;
  try {
    const keyring = overBus({ address: daemon.bus.address });
    assertEquals((await keyring.list(undefined)).length, items.length);
  } finally {
    performance.now = now;
    await sessionBus({ address: daemon.bus.address })[Symbol.asyncDispose]();
  }
});

test("of gnome-keyring's items only the properties that are needed are asked for", async (daemon) => {
  await daemon.service.isCollectionLocked(DEFAULT_COLLECTION);
  await daemon.own("org.gnome.keyring");
  const properties = propertiesOf(new Map([["service", "my_app"], ["username", "alice"]]));
  daemon.handlers = {
    Get: ({ body: [, name] = [] }) => ["v", properties.get(`${name}`) ?? new Variant("s", "")],
  };
  const found = await daemon.service.getProperties(ITEM, {}, { withLabel: false });
  assertEquals([found.modified, found.attributes.get("username")], [1, "alice"]);
  assertEquals([count(daemon, "Get"), count(daemon, "GetAll")], [3, 0]);
});

function propertiesOf(attributes: ReadonlyMap<string, string>): Map<string, Variant> {
  return new Map([
    ["Label", new Variant("s", "")],
    ["Attributes", new Variant("a{ss}", attributes)],
    ["Modified", new Variant("t", 1n)],
  ]);
}

test("replies of another kind are errors", async (daemon) => {
  const { service } = daemon;
  const wrong = (): Answer => ["u", 1];
  const members = ["SearchItems", "GetSecrets", "CreateItem", "Delete", "Unlock", "ReadAlias"];
  daemon.handlers = Object.fromEntries(members.map((member) => [member, wrong]));
  const calls = [
    () => service.search(new Map()),
    () => service.getSecrets([ITEM]),
    ...writes(daemon).slice(1),
    () => service.unlock([ITEM]),
    () => service.readAlias("default"),
  ];
  for (const call of calls) await assertRejects(call, DBusFormatError);
  daemon.handlers = { GetAll: () => ["a{sv}", new Map([["Label", new Variant("u", 1)]])] };
  await assertRejects(() => service.getProperties(ITEM), DBusFormatError);
  daemon.handlers = { OpenSession: wrong };
  await daemon.restart();
  for (const call of calls.slice(1, 3)) await assertRejects(call, DBusFormatError);
  daemon.handlers = { OpenSession: () => ["vo", new Variant("ay", new Uint8Array()), "/s"] };
  for (const call of calls.slice(1, 3)) await assertRejects(call, Error, "public key");
});

test("unattended, what needs a dialog fails, and none is shown", async (daemon) => {
  const service = new SecretService(daemon.session, true);
  daemon.handlers = { CreateItem: () => ["oo", "/", PROMPT], Delete: () => ["o", PROMPT] };
  const [, ...calls] = writes({ service }, { timeoutMs: 2_000 });
  for (const call of calls) await assertRejects(call, PromptDismissedError);
  assertEquals(count(daemon, "Prompt"), 0);
});

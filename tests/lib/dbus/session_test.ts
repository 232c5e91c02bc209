// @uses dbus-daemon (dbus)
//
// Against a real dbus-daemon, with other programs on it.

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { busCall, Connection } from "../../../src/lib/dbus/connection.ts";
import {
  DBusDisconnectedError,
  DBusError,
  DBusFormatError,
  DBusTimeoutError,
} from "../../../src/lib/dbus/errors.ts";
import type { Message } from "../../../src/lib/dbus/message.ts";
import { isOutcomeUnknown, sessionBus } from "../../../src/lib/dbus/session.ts";
import { BufferWatch, MARKER } from "../../fixtures/buffer_watch.ts";
import type { FakeClient } from "./fake_bus.ts";
import { exists, noBus, PrivateBus, TestService } from "./private_bus.ts";

const NAME = "org.example.Service";
const BUS = "org.freedesktop.DBus";
const MODULE = new URL("../../../src/lib/dbus/session.ts", import.meta.url).href;
const TOOLS = ["/usr/bin/gdbus", "/usr/bin/dbus-monitor", "/usr/bin/dbus-send"];
const noTools = noBus || !TOOLS.every(exists);

function test(name: string, fn: (bus: PrivateBus) => Promise<void>, ignore = noBus): void {
  Deno.test({
    name,
    ignore,
    fn: async () => {
      await using bus = await PrivateBus.start();
      await using _session = sessionBus(bus);
      await fn(bus);
    },
  });
}

function call(body: unknown = 1, signature = "u") {
  return { path: "/", interface: NAME, member: "Echo", signature, body: [body] };
}

async function echo(call: Message, client: FakeClient): Promise<void> {
  await client.reply(call, call.signature, ...call.body ?? []);
}

async function never(): Promise<void> {}

async function output(program: string, args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

/** Runs a script that has the bus as `bus`, and returns what it prints. */
async function runScript(bus: PrivateBus, script: string, flags = ["-A"]): Promise<string> {
  const file = `${bus.folder}/script.ts`;
  const source = `import { sessionBus } from ${JSON.stringify(MODULE)};
    const bus = sessionBus({ address: ${JSON.stringify(bus.address)} });
    const call = { path: "/", interface: ${JSON.stringify(NAME)}, member: "Echo" };
    try { ${script} } catch (error) { console.log(error.name); }`;
  await Deno.writeTextFile(file, source);
  const args = ["run", "--no-prompt", "--no-check", "-q", ...flags, file];
  return (await output(Deno.execPath(), args)).trim();
}

/** The unique names of those connected, without the connection that asks. */
async function clients(bus: PrivateBus): Promise<string[]> {
  await using connection = await Connection.connect(bus.address);
  const { body: [names] = [] } = await connection.call(busCall("ListNames"));
  return (names as string[]).filter((name) =>
    name.startsWith(":") && name !== connection.uniqueName
  );
}

test("a thousand calls of several callers make one connection", async (bus) => {
  await using service = await TestService.start(bus, NAME, echo);
  const before = await clients(bus);
  const values = Array.from({ length: 1_000 }, (_, index) => index);
  const replies = values.map((value) => sessionBus(bus).call(NAME, call(value)));
  assertEquals((await Promise.all(replies)).map(({ body }) => body?.[0]), values);
  for (const value of values.slice(0, 100)) await sessionBus(bus).call(NAME, call(value));
  assertEquals((await clients(bus)).length, before.length + 1);
  assertEquals(service.calls.filter((member) => member === "Ping").length, 1);
});

test("one connection serves every spelling of an address", (bus) => {
  const other = sessionBus({ address: `unix:path=${bus.path},guid=0123` });
  assert(other === sessionBus(bus));
  assert(other !== sessionBus({ address: "unix:path=/other" }));
  return Promise.resolve();
});

test("an abstract socket works", async (bus) => {
  const session = sessionBus({ address: bus.abstractAddress });
  await using _session = session;
  const { body: [names] = [] } = await session.call(BUS, busCall("ListNames"));
  assert(Array.isArray(names));
});

test("replies may come in another order", async (bus) => {
  const calls: Message[] = [];
  await using _service = await TestService.start(bus, NAME, async (call, client) => {
    calls.push(call);
    if (calls.length === 50) { for (const call of calls.reverse()) await echo(call, client); }
  });
  const values = Array.from({ length: 50 }, (_, index) => index);
  const replies = await Promise.all(values.map((value) => sessionBus(bus).call(NAME, call(value))));
  assertEquals(replies.map(({ body }) => body?.[0]), values);
});

test("nothing is asked before the first ping is answered", async (bus) => {
  const other = await TestService.start(bus, "org.example.Other", echo);
  await using _other = other;
  await using service = await TestService.start(bus, NAME, echo);
  const calls = Array.from({ length: 20 }, () => sessionBus(bus).call(NAME, call()));
  await Promise.all([...calls, sessionBus(bus).call("org.example.Other", call())]);
  assertEquals(service.calls, ["Ping", ...Array.from(calls, () => "Echo")]);
  assertEquals(other.calls, ["Ping", "Echo"]);
});

test("a new owner of the name is pinged before it is asked", async (bus) => {
  await using first = await TestService.start(bus, NAME, echo);
  await sessionBus(bus).call(NAME, call());
  // Replaced, but still there.
  await using second = await TestService.start(bus, NAME, echo);
  await sessionBus(bus).call(NAME, call());
  await sessionBus(bus).call(NAME, call());
  assertEquals(second.calls, ["Ping", "Echo"]);
  assertEquals(first.calls.filter((member) => member === "Ping").length, 1);
  // Gone, and another one in its place.
  await second[Symbol.asyncDispose]();
  await first[Symbol.asyncDispose]();
  await using third = await TestService.start(bus, NAME, echo);
  const calls = Array.from({ length: 10 }, () => sessionBus(bus).call(NAME, call()));
  await Promise.all(calls);
  assertEquals(third.calls, ["Ping", ...Array.from(calls, () => "Echo")]);
});

test("a peer learns that the name has another owner", async (bus) => {
  await using service = await TestService.start(bus, NAME, echo);
  await sessionBus(bus).use(NAME, async (peer) => {
    assertEquals([peer.owner, peer.gone.aborted], [service.uniqueName, false]);
    const match = { interface: NAME, member: "Never" };
    const waiting = peer.waitForSignal(match, () => Promise.resolve()).catch((error) => error);
    setTimeout(() => service.close(), 20);
    const error = await waiting;
    assertInstanceOf(error, DBusError);
    assert(isOutcomeUnknown(error));
    assert(peer.gone.aborted);
  });
});

test("a name without an owner is an error of the bus", async (bus) => {
  const error = await sessionBus(bus).call(NAME, call()).catch((error) => error);
  assertInstanceOf(error, DBusError);
  assertEquals([error.name, error.sender], [`${BUS}.Error.ServiceUnknown`, BUS]);
  const service = await TestService.start(bus, NAME, echo);
  await sessionBus(bus).call(NAME, call());
  await service[Symbol.asyncDispose]();
  const gone = await sessionBus(bus).call(NAME, call()).catch((error) => error);
  assertEquals([gone.name, isOutcomeUnknown(gone)], [`${BUS}.Error.ServiceUnknown`, false]);
  await using _service = await TestService.start(bus, NAME, echo);
  assertEquals((await sessionBus(bus).call(NAME, call(5))).body, [5]);
});

test("a program that ends in the middle of a call leaves its outcome unknown", async (bus) => {
  const dying = (_: Message, client: FakeClient) => Promise.resolve(client.close());
  await using _dying = await TestService.start(bus, NAME, dying);
  const error = await sessionBus(bus).call(NAME, call()).catch((error) => error);
  assertEquals([error.name, isOutcomeUnknown(error)], [`${BUS}.Error.NoReply`, true]);
});

test("an idempotent call is made once more with the next owner", async (bus) => {
  await using second = await TestService.start(bus, NAME, echo);
  const dying = (_: Message, client: FakeClient) => Promise.resolve(client.close());
  await using first = await TestService.start(bus, NAME, dying);
  const { body } = await sessionBus(bus).call(NAME, call(5), { idempotent: true });
  assertEquals([body, first.calls, second.calls], [[5], ["Ping", "Echo"], ["Ping", "Echo"]]);
});

test("an idempotent call is made no more than twice", async (bus) => {
  const dying = (_: Message, client: FakeClient) => Promise.resolve(client.close());
  const services = [];
  for (let count = 0; count < 3; count++) {
    services.push(await TestService.start(bus, NAME, dying));
  }
  const error = await sessionBus(bus).call(NAME, call(), { idempotent: true })
    .catch((error) => error);
  assertInstanceOf(error, DBusDisconnectedError);
  assert(!isOutcomeUnknown(error));
  assertEquals((error.cause as Error).name, `${BUS}.Error.NoReply`);
  const counts = services.map(({ calls }) => calls.filter((member) => member === "Echo").length);
  assertEquals(counts, [0, 1, 1]);
  for (const service of services) await service[Symbol.asyncDispose]();
});

test("a bus that was started anew between two calls is connected to again", async (bus) => {
  await using _first = await TestService.start(bus, NAME, echo);
  await sessionBus(bus).call(NAME, call());
  await bus.restart();
  await using second = await TestService.start(bus, NAME, echo);
  const replies = [1, 2, 3].map((value) => sessionBus(bus).call(NAME, call(value)));
  assertEquals((await Promise.all(replies)).map(({ body }) => body), [[1], [2], [3]]);
  assertEquals(second.calls, ["Ping", "Echo", "Echo", "Echo"]);
  assertEquals((await clients(bus)).length, 2);
});

test("a bus that ends in the middle of a call leaves its outcome unknown", async (bus) => {
  for (const idempotent of [false, true]) {
    const asked = Promise.withResolvers<void>();
    await using _service = await TestService.start(bus, NAME, () => {
      asked.resolve();
      return never();
    });
    const calling = sessionBus(bus).call(NAME, call(), { idempotent }).catch((error) => error);
    await asked.promise;
    await bus.kill();
    const error = await calling;
    const { name } = error;
    // The second connection may still reach the dying daemon's socket.
    if (idempotent) assert(["ConnectionRefused", "DBusAuthError"].includes(name), name);
    else assertInstanceOf(error, DBusDisconnectedError);
    assertEquals(isOutcomeUnknown(error), !idempotent);
    await bus.restart();
  }
});

test("a call that changes nothing has no unknown outcome", async (bus) => {
  await using _service = await TestService.start(bus, NAME, never);
  for (const idempotent of [true, false]) {
    const options = { idempotent, timeoutMs: 50 };
    const error = await sessionBus(bus).call(NAME, call(), options).catch((error) => error);
    assertInstanceOf(error, DBusTimeoutError);
    assertEquals(isOutcomeUnknown(error), !idempotent);
  }
});

test("a bus that is not there is looked for with each call", async (bus) => {
  await bus.kill();
  const calling = () => sessionBus(bus).call(BUS, busCall("GetId"));
  await assertRejects(calling, Deno.errors.ConnectionRefused);
  await Deno.remove(bus.path);
  await assertRejects(calling, Deno.errors.NotFound);
  await bus.restart();
  await calling();
});

test("close() ends what waits, and the next call connects again", async (bus) => {
  await using _service = await TestService.start(bus, NAME, never);
  const session = sessionBus(bus);
  const waiting = session.call(NAME, call()).catch((error) => error);
  const { body: [first] = [] } = await session.call(BUS, busCall("GetNameOwner", BUS));
  const start = performance.now();
  session.close();
  assertEquals(first, BUS);
  assertInstanceOf(await waiting, DBusDisconnectedError);
  const connecting = session.call(BUS, busCall("GetId")).catch((error) => error);
  session.close();
  assertInstanceOf(await connecting, DBusDisconnectedError);
  assertLess(performance.now() - start, 20_000);
  await session.call(BUS, busCall("GetId"));
  session.close();
});

test("each caller has its own time limit and signal", async (bus) => {
  await using _service = await TestService.start(bus, NAME, async (call, client) => {
    if (call.body?.[0] !== 0) await echo(call, client);
  });
  const session = sessionBus(bus);
  const reason = new Error("enough");
  const failure = (options: { timeoutMs?: number; signal?: AbortSignal }) =>
    session.call(NAME, call(0), options).catch((error) => error);
  const controller = new AbortController();
  const start = performance.now();
  const outcomes = [
    failure({ signal: AbortSignal.abort(reason) }),
    failure({ signal: controller.signal }),
    failure({ timeoutMs: 100 }),
    session.call(NAME, call(7)).then(({ body }) => body),
  ];
  setTimeout(() => controller.abort(reason), 50);
  const [before, during, late, fine] = await Promise.all(outcomes);
  assertLess(performance.now() - start, 20_000);
  assertEquals([before, during, fine], [reason, reason, [7]]);
  assertInstanceOf(late, DBusTimeoutError);
  assert(isOutcomeUnknown(late));
});

test("a ping that is not answered ends with those that wait for it", async (bus) => {
  // It owns the name, and does not read.
  await using connection = await Connection.connect(bus.address);
  const request = { ...busCall("RequestName"), signature: "su", body: [NAME, 0] };
  await connection.call(request);
  const session = sessionBus(bus);
  const controller = new AbortController();
  const aborted = session.call(NAME, call(), { signal: controller.signal }).catch((error) => error);
  const late = session.call(NAME, call(), { timeoutMs: 100 }).catch((error) => error);
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 30);
  assertEquals(await aborted, reason);
  const error = await late;
  assertInstanceOf(error, DBusTimeoutError);
  assert(!isOutcomeUnknown(error));
  await connection[Symbol.asyncDispose]();
  await using _service = await TestService.start(bus, NAME, echo);
  assertEquals((await session.call(NAME, call(5))).body, [5]);
});

test("more calls than the bus allows at once all succeed", async (bus) => {
  await using _service = await TestService.start(bus, NAME, async (call, client) => {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await echo(call, client);
  });
  const calls = Array.from({ length: 500 }, (_, index) => sessionBus(bus).call(NAME, call(index)));
  assertEquals((await Promise.all(calls)).length, 500);
});

test("large values pass the bus whole", async (bus) => {
  await using _service = await TestService.start(bus, NAME, echo);
  const value = Uint8Array.from({ length: 5_000_000 }, (_, index) => index * 7);
  const { body } = await sessionBus(bus).call(NAME, call(value, "ay"));
  assertEquals(body, [value]);
});

test("what the bus would close the connection for is refused before", async (bus) => {
  await using _service = await TestService.start(bus, NAME, echo);
  for (const text of ["\0", "\ud800"]) {
    await assertRejects(() => sessionBus(bus).call(NAME, call(text, "s")), DBusFormatError);
  }
  for (const text of ["", "\ufeff", "\u{10ffff}", "\uffff", "é".normalize("NFD")]) {
    assertEquals((await sessionBus(bus).call(NAME, call(text, "s"))).body, [text]);
  }
});

test("no buffer holds what was sent or received", async (bus) => {
  const session = sessionBus(bus);
  const secret = new TextEncoder().encode(MARKER);
  const missing = { ...call(secret, "ay"), destination: "org.example.Missing" };
  await session.use(BUS, async ({ connection }) => {
    const own = { ...call(secret, "ay"), destination: connection.uniqueName };
    using watch = new BufferWatch();
    await connection.call(missing).catch(() => {});
    await Promise.all([missing, missing].map((call) => connection.call(call).catch(() => {})));
    assertEquals(watch.holding, 0);
    // Arrives here too; only the value that was decoded is left.
    await connection.call(own).catch(() => {});
    assertEquals(watch.holding, 1);
  });
});

test("a script ends by itself, whether its calls were answered or not", async (bus) => {
  await using _service = await TestService.start(bus, NAME, async (call, client) => {
    if (call.signature) await echo(call, client);
  });
  const start = performance.now();
  const answered = `
    const { body } = await bus.call("${NAME}", { ...call, signature: "s", body: ["done"] });
    console.log(body[0]);`;
  assertEquals(await runScript(bus, answered), "done");
  const late = `await bus.call("${NAME}", call, { timeoutMs: 100 });`;
  assertEquals(await runScript(bus, late), "DBusTimeoutError");
  const aborted = `await bus.call("${NAME}", call, { signal: AbortSignal.timeout(100) });`;
  assertEquals(await runScript(bus, aborted), "TimeoutError");
  assertLess(performance.now() - start, 24_000);
});

test("these permissions suffice, and a missing one is reported as such", async (bus) => {
  const script = `await bus.call("${BUS}", { ...call, interface: "${BUS}", member: "GetId" });
    console.log("done");`;
  const flags = [
    `--allow-read=${bus.path}`,
    `--allow-write=${bus.path}`,
    `--allow-net=unix:${bus.path}`,
  ];
  assertEquals(await runScript(bus, script, flags), "done");
  for (const missing of flags) {
    const others = flags.filter((flag) => flag !== missing);
    assertEquals(await runScript(bus, script, others), "NotCapable");
  }
});

test("a worker has its own connection", async (bus) => {
  await using service = await TestService.start(bus, NAME, echo);
  await sessionBus(bus).call(NAME, call());
  const source = `import { sessionBus } from ${JSON.stringify(MODULE)};
    const bus = sessionBus({ address: ${JSON.stringify(bus.address)} });
    const { body } = await bus.call("${NAME}", ${JSON.stringify(call(7))});
    postMessage(body);`;
  const file = `${bus.folder}/worker.ts`;
  await Deno.writeTextFile(file, source);
  const worker = new Worker(new URL(`file://${file}`), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
  assertEquals(await promise, [7]);
  assertEquals(service.calls, ["Ping", "Echo", "Ping", "Echo"]);
  assertEquals((await clients(bus)).length, 3);
  worker.terminate();
});

test("signals of other programs arrive, from the right sender", async (bus) => {
  await using _service = await TestService.start(bus, NAME, echo);
  await using connection = await Connection.connect(bus.address);
  const match = { sender: BUS, interface: BUS, member: "NameOwnerChanged", arg0: NAME };
  const forge = () =>
    output("/usr/bin/dbus-send", [
      ...[`--bus=${bus.address}`, "--type=signal", `--dest=${connection.uniqueName}`, "/a"],
      ...[`${BUS}.NameOwnerChanged`, `string:${NAME}`, "string:", "string:forged"],
    ]);
  const change = async () => {
    await forge();
    await using _other = await TestService.start(bus, NAME, echo);
  };
  const { body, sender } = await connection.waitForSignal(match, change);
  assertEquals([body?.[0], sender], [NAME, BUS]);
  assertNotEquals(body?.[2], "forged");
}, noTools);

test("gdbus gets an answer from this program while it waits", async (bus) => {
  await using connection = await Connection.connect(bus.address);
  const gdbus = (...args: string[]) => {
    const target = [
      "--address",
      bus.address,
      "--dest",
      connection.uniqueName,
      "--object-path",
      "/",
    ];
    return output("/usr/bin/gdbus", [args[0] ?? "", ...target, ...args.slice(1)]);
  };
  const match = { sender: connection.uniqueName, interface: NAME, member: "Never" };
  const answers: string[] = [];
  const ask = async () => {
    answers.push(await gdbus("call", "--method", "org.freedesktop.DBus.Peer.Ping"));
    answers.push(await gdbus("introspect"));
    throw new Error("done");
  };
  await assertRejects(() => connection.waitForSignal(match, ask), Error, "done");
  assertEquals(answers[0], "()\n");
  assert(answers[1]?.includes("org.freedesktop.DBus.Error.UnknownMethod"), answers[1]);
}, noTools);

test("dbus-monitor understands what this program sends", async (bus) => {
  await using _service = await TestService.start(bus, NAME, echo);
  const args = ["--address", bus.address, "--monitor", "member=Echo"];
  const options = { args, stdout: "piped", stderr: "null", stdin: "null" } as const;
  const monitor = new Deno.Command("/usr/bin/dbus-monitor", options).spawn();
  const reader = monitor.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const until = async (end: string) => {
    while (!text.includes(end)) text += (await reader.read()).value;
  };
  await until("NameLost");
  const body = [new Map([["a", ["b"]]])];
  await sessionBus(bus).call(NAME, { ...call(), signature: "a{sas}", body });
  await until("method call");
  await until(")\n   ]");
  assert(/member=Echo\n {3}array \[\n {6}dict entry\(\n {9}string "a"/.test(text), text);
  monitor.kill("SIGTERM");
  await reader.cancel();
  await monitor.status;
}, noTools);

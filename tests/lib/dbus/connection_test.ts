import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertLess,
  assertRejects,
} from "@std/assert";
import fc from "fast-check";
import { busCall, Connection } from "../../../src/lib/dbus/connection.ts";
import {
  DBusAuthError,
  DBusDisconnectedError,
  DBusError,
  DBusFormatError,
  DBusTimeoutError,
} from "../../../src/lib/dbus/errors.ts";
import { encodeMessage, type Message } from "../../../src/lib/dbus/message.ts";
import type { WaitOptions } from "../../../src/lib/dbus/wait.ts";
import { FakeBus, type FakeClient, usedMemory } from "./fake_bus.ts";
import { encodePlainly } from "./plain_encoder.ts";

const ignore = Deno.build.os === "windows";
const TIME = { timeoutMs: 150 };
const SIGNAL = { type: 4, serial: 5, sender: "org.freedesktop.DBus", path: "/a" };
const MATCH = { sender: "org.freedesktop.DBus", interface: "a.b", member: "c" };

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

/** Connects to a server that answers the handshake, then does so. */
async function connectTo(
  serve: (client: FakeClient) => Promise<void>,
): Promise<{ bus: FakeBus; connection: Connection } & AsyncDisposable> {
  const bus = await FakeBus.start(async (client) => {
    await client.greet();
    await serve(client);
  });
  const connection = await Connection.connect(bus.address);
  const dispose = async () => {
    const closed = connection[Symbol.asyncDispose]();
    // Before Deno 2.9.5 a write that is stuck ends only with the other side.
    await bus[Symbol.asyncDispose]();
    await closed;
  };
  return { bus, connection, [Symbol.asyncDispose]: dispose };
}

/** Connecting to a server that does so must fail in time. */
async function connectFails(
  serve: (client: FakeClient) => Promise<void>,
  options: WaitOptions = {},
): Promise<unknown> {
  await using bus = await FakeBus.start(serve);
  const start = performance.now();
  const connecting = Connection.connect(bus.address, { timeoutMs: 60_000, ...options });
  const error = await assertRejects(() => connecting);
  // Less than it takes without a limit of the caller's own.
  assertLess(performance.now() - start, 4_500);
  return error;
}

async function echo(client: FakeClient): Promise<void> {
  for (;;) {
    const call = await client.next();
    await client.reply(call, call.signature, ...call.body ?? []);
  }
}

function call(body: unknown = 1, signature = "u") {
  const fields = { destination: "a.b", path: "/", interface: "a.b", member: "c" };
  return { ...fields, signature, body: [body] };
}

test("connect() authenticates without a user id and says hello", async () => {
  let greeting = "";
  let hello: Message | undefined;
  await using bus = await FakeBus.start(async (client) => {
    greeting = await client.readGreeting();
    await client.write("OK 0123456789abcdef0123456789abcdef\r\n");
    hello = await client.next();
    await client.reply(hello, "s", ":1.42");
  });
  await using connection = await Connection.connect(bus.address);
  assertEquals(greeting, "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n");
  assertEquals([hello?.member, hello?.destination], ["Hello", "org.freedesktop.DBus"]);
  assertEquals(connection.uniqueName, ":1.42");
});

test("connect() gives up on a server that never answers", async () => {
  const error = await connectFails((client) => client.untilClosed(), TIME);
  assertInstanceOf(error, DBusTimeoutError);
  const silent = async (client: FakeClient) => {
    await client.authenticate();
    await client.untilClosed();
  };
  assertInstanceOf(await connectFails(silent, TIME), DBusTimeoutError);
});

test("connect() says when the bus refuses the connection", async () => {
  for (const answer of ["REJECTED EXTERNAL\r\n", "DATA\r\nREJECTED\r\n", "ERROR\r\n", ""]) {
    const error = await connectFails(async (client) => {
      await client.readGreeting();
      await client.write(answer);
      client.close();
    });
    assertInstanceOf(error, DBusAuthError);
  }
  const closed = (client: FakeClient) => Promise.resolve(client.close());
  assertInstanceOf(await connectFails(closed), DBusAuthError);
});

test("connect() refuses what is not a bus", async () => {
  const line = "HTTP/1.1 400 Bad Request\r\n".repeat(1_000);
  for (const answer of [line, "\0".repeat(5_000), "OK ".padEnd(5_000, "0"), "DATA".padEnd(5_000)]) {
    const error = await connectFails((client) => client.write(answer));
    assertInstanceOf(error, DBusAuthError);
    assertInstanceOf(error.cause, DBusFormatError);
  }
  // Neither an answer nor the end of one.
  for (const answer of ["OK 0123456789abcdef\r", "DATA\r\n", "OK xyz\r\n"]) {
    const error = await connectFails(async (client) => {
      await client.write(answer);
      await client.untilClosed();
    }, TIME);
    assertInstanceOf(error, DBusTimeoutError);
  }
});

test("connect() ends endless lines", async () => {
  const endless = async (client: FakeClient) => {
    for (;;) await client.write("DATA ".padEnd(100_000, "x"));
  };
  assertInstanceOf(await connectFails(endless), DBusAuthError);
});

test("connect() rejects with the signal's reason", async () => {
  await using bus = await FakeBus.start((client) => client.untilClosed());
  const reason = new Error("enough");
  const options = { signal: AbortSignal.abort(reason) };
  assertEquals(await Connection.connect(bus.address, options).catch((error) => error), reason);
  const controller = new AbortController();
  const connecting = Connection.connect(bus.address, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  assertEquals(await connecting.catch((error) => error), reason);
});

test("call() matches replies that come in another order", async () => {
  await using fake = await connectTo(async (client) => {
    const calls: Message[] = [];
    while (calls.length < 50) calls.push(await client.next());
    for (const call of calls.reverse()) await client.reply(call, "u", ...call.body ?? []);
  });
  const values = Array.from({ length: 50 }, (_, index) => index);
  const calls = values.map((value) => fake.connection.call(call(value)));
  assertEquals((await Promise.all(calls)).map(({ body }) => body?.[0]), values);
});

test("call() reads what comes byte by byte", async () => {
  await using bus = await FakeBus.start(async (client) => {
    const byByte = async (bytes: Uint8Array) => {
      for (const byte of bytes) await client.write(Uint8Array.of(byte));
    };
    await client.readGreeting();
    await byByte(new TextEncoder().encode("DATA\r\nOK 0123456789abcdef\r\n"));
    for (const [signature, value] of [["s", ":1.1"], ["u", 7], ["u", 8]]) {
      const { serial: replySerial } = await client.next();
      const body = [value];
      await byByte(
        encodeMessage({ type: 2, serial: 1, replySerial, signature: `${signature}`, body }),
      );
    }
  });
  await using connection = await Connection.connect(bus.address);
  assertEquals((await connection.call(call())).body, [7]);
  assertEquals((await connection.call(call())).body, [8]);
});

test("call() keeps its calls in order and never has more than 64 without a reply", async () => {
  const seen: unknown[] = [];
  let open = 0;
  let most = 0;
  await using fake = await connectTo(async (client) => {
    const waiting: Message[] = [];
    const answer = async () => {
      const call = waiting.shift();
      if (!call) return;
      open--;
      await client.reply(call);
    };
    const timer = setInterval(answer, 1);
    try {
      while (seen.length < 200) {
        const call = await client.next();
        seen.push(call.body?.[0]);
        waiting.push(call);
        most = Math.max(most, ++open);
      }
      while (waiting.length > 0) await answer();
    } finally {
      clearInterval(timer);
    }
  });
  const values = Array.from({ length: 200 }, (_, index) => index);
  await Promise.all(values.map((value) => fake.connection.call(call(value))));
  assertEquals(seen, values);
  assertLess(most, 65);
  assertGreater(most, 32);
});

test("call() reports the error that was answered", async () => {
  await using fake = await connectTo(async (client) => {
    for (const body of [["What a pity"], [7], []]) {
      const { serial: replySerial } = await client.next();
      const signature = body.map((value) => typeof value === "string" ? "s" : "u").join("");
      const fields = { errorName: "a.b.Failed", sender: ":1.7", signature, body };
      await client.send({ type: 3, serial: 9, replySerial, ...fields });
    }
  });
  for (const message of ["What a pity", "", ""]) {
    const error = await fake.connection.call(call()).catch((error) => error);
    assertInstanceOf(error, DBusError);
    assertEquals([error.name, error.message, error.sender], ["a.b.Failed", message, ":1.7"]);
  }
});

test("call() gives up at its time limit, and ignores the late reply", async () => {
  const first = Promise.withResolvers<void>();
  await using fake = await connectTo(async (client) => {
    const late = await client.next();
    await first.promise;
    await client.reply(late, "u", 1);
    await client.reply(await client.next(), "u", 2);
  });
  const error = await fake.connection.call(call(), TIME).catch((error) => error);
  assertInstanceOf(error, DBusTimeoutError);
  assert(error.written);
  first.resolve();
  assertEquals((await fake.connection.call(call())).body, [2]);
});

test("call() rejects with the signal's reason, and the connection goes on", async () => {
  await using fake = await connectTo(async (client) => {
    await client.next();
    await echo(client);
  });
  const reason = new Error("enough");
  const aborted = fake.connection.call(call(), { signal: AbortSignal.abort(reason) });
  assertEquals(await aborted.catch((error) => error), reason);
  const controller = new AbortController();
  const waiting = fake.connection.call(call(), { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  assertEquals(await waiting.catch((error) => error), reason);
  assertEquals((await fake.connection.call(call(5))).body, [5]);
});

test("call() does not send a message that was given up before", async () => {
  const seen: unknown[] = [];
  await using fake = await connectTo(async (client) => {
    for (;;) {
      const call = await client.next();
      seen.push(call.body?.[0]);
      await client.reply(call);
    }
  });
  const controller = new AbortController();
  const withdrawn = fake.connection.call(call(1), { signal: controller.signal });
  const sent = fake.connection.call(call(2));
  controller.abort(new Error("enough"));
  await assertRejects(() => withdrawn, Error, "enough");
  await sent;
  assertEquals(seen, [2]);
});

test("call() refuses what cannot be sent, and the connection goes on", async () => {
  await using fake = await connectTo(echo);
  await assertRejects(() => fake.connection.call(call("a\0", "s")), DBusFormatError);
  await assertRejects(() => fake.connection.call({ ...call(), path: "a" }), DBusFormatError);
  assertEquals((await fake.connection.call(call(5))).body, [5]);
});

test("a closed connection rejects every call, and says whether it had been sent", async () => {
  await using fake = await connectTo(async (client) => {
    await client.next();
    client.close();
  });
  const calls = [1, 2].map((value) => fake.connection.call(call(value)).catch((error) => error));
  for (const error of await Promise.all(calls)) {
    assertInstanceOf(error, DBusDisconnectedError);
    assert(error.written);
    assertInstanceOf(error.cause, Error);
  }
  assert(fake.connection.closed);
  const error = await fake.connection.call(call()).catch((error) => error);
  assertInstanceOf(error, DBusDisconnectedError);
  assert(!error.written);
});

test("a connection that was closed while it rested says that nothing was sent", async () => {
  const closed = Promise.withResolvers<void>();
  await using fake = await connectTo((client) => {
    client.close();
    closed.resolve();
    return Promise.resolve();
  });
  await closed.promise;
  const error = await fake.connection.call(call()).catch((error) => error);
  assertInstanceOf(error, DBusDisconnectedError);
  assert(!error.written);
});

test("close() rejects what waits, and says whether it had been sent", async () => {
  const arrived = Promise.withResolvers<void>();
  await using fake = await connectTo(async (client) => {
    await client.next();
    arrived.resolve();
    await client.untilClosed();
  });
  const sent = fake.connection.call(call()).catch((error) => error);
  await arrived.promise;
  const unsent = fake.connection.call(call()).catch((error) => error);
  fake.connection.close();
  fake.connection.close();
  assertEquals([(await sent).written, (await unsent).written], [true, false]);
  assertInstanceOf(await sent, DBusDisconnectedError);
});

test("a server that stops reading is given up, whole messages only", async () => {
  await using fake = await connectTo(() => Promise.resolve());
  const large = new Uint8Array(8_000_000);
  const stuck = fake.connection.call(call(large, "ay"), TIME).catch((error) => error);
  const behind = fake.connection.call(call(), TIME).catch((error) => error);
  assertEquals([(await stuck).written, (await behind).written], [true, false]);
  const closed = fake.connection.call(call()).catch((error) => error);
  fake.connection.close();
  assertEquals([(await closed).name, (await closed).written], ["DBusDisconnectedError", false]);
});

test("large messages arrive whole, in both directions", async () => {
  await using bus = await FakeBus.start(async (client) => {
    await client.greet();
    const { serial: replySerial, body } = await client.next();
    assertEquals(body, [1]);
    const value = new Uint8Array(20_000_000).fill(7);
    await client.send({ type: 2, serial: 1, replySerial, signature: "ay", body: [value] });
    await client.untilClosed();
  });
  await using connection = await Connection.connect(bus.address);
  const { body: [value] = [] } = await connection.call(call());
  assertInstanceOf(value, Uint8Array);
  assertEquals([value.length, value.every((byte) => byte === 7)], [20_000_000, true]);
});

test("a hostile length takes no memory", async () => {
  await using fake = await connectTo(async (client) => {
    const { serial } = await client.next();
    const reply = encodeMessage({ type: 2, serial: 1, replySerial: serial });
    new DataView(reply.buffer).setUint32(4, 120_000_000, true);
    await client.write(reply);
    await client.untilClosed();
  });
  const before = usedMemory();
  await assertRejects(() => fake.connection.call(call(), TIME), DBusTimeoutError);
  assertLess(usedMemory() - before, 30_000_000);
});

test("a flood of messages neither starves the time limit nor fills the memory", async () => {
  const signal = encodePlainly({ signature: "ay", body: [new Uint8Array(1_000)] });
  const fields: [number, string, unknown][] = [[1, "o", "/a"], [3, "s", "Ping"], [7, "s", ":1.9"]];
  const ping = encodePlainly({ type: 1, fields });
  for (const message of [signal, ping]) {
    const flood = new Uint8Array(message.length * 500);
    for (let at = 0; at < flood.length; at += message.length) flood.set(message, at);
    // It does not read the answers.
    await using fake = await connectTo(async (client) => {
      for (;;) await client.write(flood);
    });
    const before = usedMemory();
    const start = performance.now();
    await assertRejects(() => fake.connection.call(call(), { timeoutMs: 500 }), DBusTimeoutError);
    assertLess(performance.now() - start, 20_000);
    assertLess(usedMemory() - before, 60_000_000);
  }
});

test("what is not a message closes the connection", async () => {
  const property = fc.asyncProperty(
    fc.uint8Array({ minLength: 16, maxLength: 200 }),
    fc.boolean(),
    async (bytes, isMessage) => {
      if (isMessage) bytes.set([0x6c, 2, 0, 1]);
      await using fake = await connectTo(async (client) => {
        await client.next();
        await client.write(bytes);
        client.close();
      });
      const start = performance.now();
      const error = await fake.connection.call(call(), TIME).catch((error) => error);
      assert(error instanceof DBusDisconnectedError || error instanceof DBusTimeoutError);
      assertLess(performance.now() - start, 20_000);
    },
  );
  await fc.assert(property, { numRuns: 50 });
});

test("damaged replies are errors in time", async () => {
  const reply = encodeMessage({ type: 2, serial: 1, replySerial: 2, signature: "u", body: [7] });
  for (let at = 0; at < reply.length; at++) {
    await using fake = await connectTo(async (client) => {
      await client.next();
      await client.write(reply.with(at, reply[at] ? 0 : 0xff));
      client.close();
    });
    const outcome = await fake.connection.call(call()).catch((error) => error);
    const isReply = outcome.serial !== undefined && outcome.replySerial === 2;
    const isError = outcome instanceof DBusDisconnectedError || outcome instanceof DBusError;
    assert(isReply || isError, `${outcome}`);
  }
});

test("a program that asks this one is answered", async () => {
  const answers: Message[] = [];
  const ask = { type: 1, serial: 77, path: "/", sender: ":1.9" };
  await using fake = await connectTo(async (client) => {
    const call = await client.next();
    await client.send({ ...ask, interface: "org.freedesktop.DBus.Peer", member: "Ping" });
    answers.push(await client.next());
    await client.send({ ...ask, interface: "a.b", member: "Ping" });
    answers.push(await client.next());
    await client.send({ ...ask, flags: 1, interface: "a.b", member: "NoReply" });
    await client.send({ ...ask, member: "Introspect" });
    answers.push(await client.next());
    await client.reply(call);
  });
  await fake.connection.call(call());
  assertEquals(answers.map(({ type }) => type), [2, 3, 3]);
  const unknown = "org.freedesktop.DBus.Error.UnknownMethod";
  assertEquals(answers.map(({ errorName }) => errorName), [undefined, unknown, unknown]);
  for (const { replySerial, destination } of answers) {
    assertEquals([replySerial, destination], [77, ":1.9"]);
  }
});

test("of a flood of calls only some are answered", async () => {
  const ask = encodePlainly({
    ...{ type: 1, serial: 77 },
    fields: [[1, "o", "/a"], [3, "s", "Ping"], [7, "s", ":1.9"]],
  });
  const flood = new Uint8Array(ask.length * 1_000);
  for (let at = 0; at < flood.length; at += ask.length) flood.set(ask, at);
  let answers = 0;
  await using fake = await connectTo(async (client) => {
    const call = await client.next();
    await client.write(flood);
    await client.reply(call);
    const last = await client.next();
    for (let next = last;; next = await client.next()) {
      if (next.type === 1) return await client.reply(next);
      answers++;
    }
  });
  await fake.connection.call(call());
  await fake.connection.call(call());
  assertLess(answers, 1_000);
});

test("calls leave nothing behind on the signal that they were given", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const count = (method: "addEventListener" | "removeEventListener", by: number) => {
    const original = signal[method].bind(signal) as typeof signal.addEventListener;
    signal[method] = (...args: Parameters<typeof signal.addEventListener>) => {
      listeners += by;
      original(...args);
    };
  };
  count("addEventListener", 1);
  count("removeEventListener", -1);
  await using fake = await connectTo(echo);
  for (let index = 0; index < 3; index++) await fake.connection.call(call(), { signal });
  assertEquals(listeners, 0);
});

test("listen() passes on what matches, from the right sender only", async () => {
  const rules: unknown[] = [];
  await using fake = await connectTo(async (client) => {
    const add = await client.next();
    rules.push(add.member, ...add.body ?? []);
    await client.reply(add);
    const call = await client.next();
    const signal = { ...SIGNAL, interface: "a.b", member: "c", signature: "su", body: ["x", 1] };
    await client.send(signal);
    await client.send({ ...signal, sender: ":1.66" });
    await client.send({ ...signal, member: "d" });
    await client.send({ ...signal, path: "/b" });
    await client.send({ ...signal, body: ["y", 2] });
    await client.send({ ...signal, body: ["x", 3] });
    await client.reply(call);
    const remove = await client.next();
    rules.push(remove.member, ...remove.body ?? []);
    assertEquals(remove.flags, 1);
    const last = await client.next();
    await client.send(signal);
    await client.reply(last);
  });
  const seen: unknown[] = [];
  const match = { ...MATCH, path: "/a", arg0: "x" };
  const listener = await fake.connection.listen(match, ({ body }) => seen.push(body?.[1]));
  await fake.connection.call(call());
  listener[Symbol.dispose]();
  await fake.connection.call(call());
  const rule = "type='signal',sender='org.freedesktop.DBus',interface='a.b',member='c'," +
    "path='/a',arg0='x'";
  assertEquals(rules, ["AddMatch", rule, "RemoveMatch", rule]);
  assertEquals(seen, [1, 3]);
});

test("waitForSignal() waits for a signal that comes before or after the trigger's end", async () => {
  await using fake = await connectTo(async (client) => {
    for (const isEarly of [true, false]) {
      await client.reply(await client.next());
      const trigger = await client.next();
      const signal = { ...SIGNAL, interface: "a.b", member: "c", signature: "b", body: [isEarly] };
      if (isEarly) await client.send(signal);
      await client.reply(trigger);
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (!isEarly) await client.send(signal);
      assertEquals((await client.next()).member, "RemoveMatch");
    }
    await client.untilClosed();
  });
  const trigger = () => fake.connection.call(call());
  for (const isEarly of [true, false]) {
    assertEquals((await fake.connection.waitForSignal(MATCH, trigger)).body, [isEarly]);
  }
});

test("waitForSignal() ends at its time limit, on an abort, with the trigger, with the bus", async () => {
  const end = Promise.withResolvers<void>();
  await using fake = await connectTo(async (client) => {
    const answering = (async () => {
      for (;;) {
        const call = await client.next();
        if (call.flags !== 1) await client.reply(call);
      }
    })();
    await Promise.race([answering, end.promise]);
    client.close();
  });
  const wait = (options = {}, trigger = () => fake.connection.call(call()) as Promise<unknown>) =>
    fake.connection.waitForSignal(MATCH, trigger, options).catch((error) => error);
  assertInstanceOf(await wait(TIME), DBusTimeoutError);
  const reason = new Error("enough");
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 20);
  assertEquals(await wait({ signal: controller.signal }), reason);
  assertEquals(await wait({ signal: AbortSignal.abort(reason) }), reason);
  assertEquals(await wait({}, () => Promise.reject(reason)), reason);
  const leave = () => fake.connection.call(call()).then(() => end.resolve());
  for (const written of [true, false]) {
    const error = await wait({}, leave);
    assertInstanceOf(error, DBusDisconnectedError);
    assertEquals(error.written, written);
  }
});

test("a connection at rest reads nothing and keeps no process alive", async () => {
  await using bus = await FakeBus.start(async (client) => {
    await client.greet();
    await client.next();
    await client.untilClosed();
  });
  const module = new URL("../../../src/lib/dbus/connection.ts", import.meta.url).href;
  const script = `
    import { busCall, Connection } from ${JSON.stringify(module)};
    const connection = await Connection.connect(${JSON.stringify(bus.address)});
    await connection.call(busCall("GetId"), { timeoutMs: 100 }).catch((e) => console.log(e.name));
  `;
  const start = performance.now();
  const args = ["run", "-A", "--no-check", "--ext=ts", "-"];
  const child = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" })
    .spawn();
  await new Response(script).body?.pipeTo(child.stdin);
  assertEquals(new TextDecoder().decode((await child.output()).stdout), "DBusTimeoutError\n");
  assertLess(performance.now() - start, 24_000);
});

test("busCall() is a call of the bus itself", async () => {
  await using fake = await connectTo(echo);
  const { body } = await fake.connection.call(busCall("NameHasOwner", "a.b"));
  assertEquals(body, ["a.b"]);
});

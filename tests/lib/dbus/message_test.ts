import { assert, assertEquals, assertInstanceOf, assertLess, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DBusFormatError } from "../../../src/lib/dbus/errors.ts";
import { decodeMessage, encodeMessage, messageSize } from "../../../src/lib/dbus/message.ts";
import { isObjectPath, parseSignature, Variant } from "../../../src/lib/dbus/types.ts";
import { usedMemory } from "./fake_bus.ts";
import { encodePlainly, type Fields, PlainEncoder, SIGNAL_FIELDS } from "./plain_encoder.ts";
import { bodies } from "./typed_values.ts";

const SIGNAL = { type: 4, serial: 1, path: "/a", interface: "a.b", member: "c" };

function refuse(bytes: Uint8Array, message?: string): void {
  assertThrows(() => decodeMessage(bytes), DBusFormatError, message);
}

function refuseBody(signature: string, body: number[], message: string): void {
  const whole = encodePlainly({ signature });
  const bytes = Uint8Array.from([...whole, ...body]);
  new DataView(bytes.buffer).setUint32(4, body.length, true);
  refuse(bytes, message);
}

Deno.test("encodeMessage() writes what decodeMessage() reads", () => {
  fc.assert(fc.property(bodies, ({ signature, body }) => {
    const decoded = decodeMessage(encodeMessage({ ...SIGNAL, signature, body }));
    assertEquals(decoded.body, body);
  }));
});

Deno.test("encodeMessage() writes the same bytes as an encoder of its own", () => {
  fc.assert(fc.property(bodies, ({ signature, body }) => {
    const expected = encodePlainly({ signature, body });
    const fields = signature === "" ? SIGNAL : { ...SIGNAL, signature };
    assertEquals(new Uint8Array(encodeMessage({ ...fields, body })), expected);
  }));
});

Deno.test("decodeMessage() reads messages of big endian machines", () => {
  fc.assert(fc.property(bodies, fc.nat(0xffffffff), ({ signature, body }, serial) => {
    fc.pre(serial > 0);
    const bytes = encodePlainly({ little: false, serial, signature, body });
    assertEquals(messageSize(bytes), bytes.length);
    const decoded = decodeMessage(bytes);
    assertEquals([decoded.serial, decoded.path, decoded.body], [serial, "/a", body]);
  }));
});

Deno.test("encodeMessage() and decodeMessage() keep every header field", () => {
  const call = { ...SIGNAL, type: 1, flags: 3, destination: "org.a-b.c", sender: ":1.5" };
  for (
    const message of [call, { type: 3, flags: 0, serial: 7, errorName: "a.b", replySerial: 9 }]
  ) {
    const decoded = decodeMessage(encodeMessage(message));
    for (const [key, value] of Object.entries(message)) {
      assertEquals(decoded[key as keyof typeof decoded], value);
    }
  }
});

Deno.test("decodeMessage() ignores unknown header fields and reads unknown types", () => {
  const fields: Fields = [...SIGNAL_FIELDS, [200, "a{sv}", new Map()]];
  assertEquals(decodeMessage(encodePlainly({ fields })).member, "c");
  assertEquals(decodeMessage(encodePlainly({ type: 77, fields: [] })).type, 77);
});

Deno.test("encodeMessage() refuses values that do not fit, and does not quote them", () => {
  const hidden = "s3cret";
  const wrong: [string, unknown][] = [
    ["y", 256],
    ["y", -1],
    ["u", 1.5],
    ["i", 2 ** 31],
    ["u", hidden],
    ["t", 5],
    ["t", 2n ** 64n],
    ["x", -(2n ** 63n) - 1n],
    ["b", 1],
    ["s", 5],
    ["s", `${hidden}\0`],
    ["s", `${hidden}\ud800`],
    ["o", hidden],
    ["o", "/a/"],
    ["g", "a"],
    ["v", hidden],
    ["v", new Variant("ss", hidden)],
    ["v", new Variant("s", 5)],
    ["ay", hidden],
    ["ay", [1, 2]],
    ["as", hidden],
    ["as", new Map([[hidden, hidden]])],
    ["a{ss}", [[hidden, hidden]]],
    ["a{ss}", { hidden }],
    ["(ss)", [hidden]],
    ["h", 0],
    ["z", hidden],
    ["a", hidden],
    ["{ss}", [hidden, hidden]],
    ["a{vs}", new Map()],
    ["()", []],
  ];
  for (const [signature, value] of wrong) {
    const message = { ...SIGNAL, signature, body: [value] };
    const error = assertThrows(() => encodeMessage(message), DBusFormatError);
    assert(!error.message.includes(hidden), error.message);
  }
  assertThrows(() => encodeMessage({ ...SIGNAL, signature: "s", body: [] }), DBusFormatError);
});

Deno.test("encodeMessage() refuses names that the bus would close the connection for", () => {
  const wrong = [
    { path: "a" },
    { path: "/a b" },
    { path: "//" },
    { interface: "a" },
    { interface: "a..b" },
    { interface: "a.1" },
    { interface: `a.${"b".repeat(254)}` },
    { member: "a.b" },
    { member: "" },
    { member: "1a" },
    { destination: "a" },
    { destination: "a.b\n" },
    { destination: ":1" },
    { errorName: "a" },
  ];
  for (const fields of wrong) {
    assertThrows(() => encodeMessage({ ...SIGNAL, ...fields }), DBusFormatError);
  }
});

Deno.test("isObjectPath() takes what the specification does", () => {
  for (const path of ["/", "/a", "/a/b_1", "/1"]) assert(isObjectPath(path));
  for (const path of ["", "a", "/a/", "//", "/a//b", "/a-b", "/ä", "/a\n"]) {
    assert(!isObjectPath(path));
  }
  assert(isObjectPath("/a".repeat(1_000_000)));
});

Deno.test("parseSignature() takes what the specification does", () => {
  for (
    const signature of [
      "",
      "a{s(ayv)}",
      "a".repeat(32) + "y",
      "(".repeat(32) + "y" + ")".repeat(32),
    ]
  ) {
    parseSignature(signature);
  }
  const wrong = [
    "a",
    "(",
    ")",
    "()",
    "(y",
    "{yy}",
    "a{y}",
    "a{yyy}",
    "a{vy}",
    "a{(y)y}",
    "a{ayy}",
    "e",
  ];
  for (const signature of [...wrong, "a".repeat(33) + "y", "(".repeat(33) + "y" + ")".repeat(33)]) {
    assertThrows(() => parseSignature(signature), DBusFormatError);
  }
  assertThrows(() => parseSignature("y".repeat(256)), DBusFormatError);
});

Deno.test("decodeMessage() refuses invalid headers", () => {
  const message = encodePlainly();
  refuse(new Uint8Array(), "cut off");
  refuse(message.with(0, 0x6d), "not a D-Bus message");
  refuse(message.with(3, 2), "not a D-Bus message");
  refuse(message.with(1, 0), "invalid type");
  refuse(Uint8Array.from([...message, 0]), "cut off");
  refuse(encodePlainly({ serial: 0 }), "serial");
  refuse(encodePlainly({ type: 1, fields: [[1, "o", "/"]] }), "no member");
  refuse(encodePlainly({ type: 2, fields: [] }), "no replySerial");
  refuse(encodePlainly({ type: 3, fields: [[5, "u", 1]] }), "no errorName");
  refuse(encodePlainly({ fields: SIGNAL_FIELDS.slice(0, 2) }), "no member");
  refuse(encodePlainly({ fields: [...SIGNAL_FIELDS, [0, "s", ""]] }), "header field");
  refuse(encodePlainly({ fields: [...SIGNAL_FIELDS, [7, "u", 1]] }), "header field");
  refuse(encodePlainly({ fields: [...SIGNAL_FIELDS, [7, "s", "a b"]] }), "invalid sender");
  refuse(encodePlainly({ fields: [...SIGNAL_FIELDS, [9, "u", 1]] }), "File descriptors");
  refuse(encodePlainly({ fields: [...SIGNAL_FIELDS, [5, "u", 0]] }), "serial");
});

Deno.test("decodeMessage() refuses invalid bodies", () => {
  refuseBody("b", [2, 0, 0, 0], "boolean");
  refuseBody("s", [1, 0, 0, 0, 65, 66], "no end");
  refuseBody("s", [1, 0, 0, 0, 0, 0], "NUL");
  refuseBody("s", [1, 0, 0, 0, 0xff, 0], "UTF-8");
  refuseBody("s", [3, 0, 0, 0, 0xed, 0xa0, 0x80, 0], "UTF-8");
  refuseBody("s", [255, 255, 255, 255, 65, 0], "cut off");
  refuseBody("o", [1, 0, 0, 0, 65, 0], "path");
  refuseBody("g", [1, 97, 0], "signature");
  refuseBody("v", [0, 0], "one type");
  refuseBody("v", [2, 121, 121, 0, 1, 2], "one type");
  refuseBody("yu", [1, 0, 9, 0, 1, 0, 0, 0], "Padding");
  refuseBody("ay", [255, 255, 255, 255], "too large");
  refuseBody("ay", [1, 0, 0, 4], "too large");
  refuseBody("ay", [255, 255, 255, 3, 1], "cut off");
  refuseBody("au", [5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0], "end with an element");
  refuseBody("y", [1, 2], "longer than its body");
  refuseBody("", [1], "longer than its body");
  refuseBody("uu", [1, 0, 0, 0], "cut off");
});

Deno.test("decodeMessage() keeps U+FEFF, and what is no character", () => {
  const body = ["\ufeffa", "\uffff\ufdd0"];
  const bytes = encodeMessage({ ...SIGNAL, signature: "ss", body });
  assertEquals(decodeMessage(bytes).body, body);
});

Deno.test("messageSize() refuses what is larger than a message may be", () => {
  const message = encodePlainly();
  for (const at of [4, 12]) {
    for (const length of [0xffffffff, 128 * 1024 * 1024]) {
      new DataView(message.buffer).setUint32(at, length, true);
      assertThrows(() => messageSize(message), DBusFormatError, "too large");
    }
  }
  assertEquals(messageSize(message.subarray(0, 15)), undefined);
});

Deno.test("decodeMessage() refuses variants in variants without end", () => {
  const encode = (depth: number) => {
    let value = new Variant("y", 1);
    while (depth-- > 1) value = new Variant("v", value);
    return encodePlainly({ signature: "v", body: [value] });
  };
  decodeMessage(encode(64));
  for (const depth of [65, 1_000]) refuse(encode(depth), "too deep");
  const nested = new Uint8Array(3_000_000);
  nested.set(encodePlainly({ signature: "v" }));
  const start = encodePlainly({ signature: "v" }).length;
  for (let at = start; at < nested.length - 3; at += 3) nested.set([1, 118, 0], at);
  new DataView(nested.buffer).setUint32(4, nested.length - start, true);
  refuse(nested, "too deep");
});

Deno.test("decodeMessage() refuses small messages that would need much memory", () => {
  // Eight million empty arrays.
  const length = 32 * 1024 * 1024;
  const header = encodePlainly({ signature: "aay" });
  const bytes = new Uint8Array(header.length + 4 + length);
  bytes.set(header);
  const view = new DataView(bytes.buffer);
  view.setUint32(4, 4 + length, true);
  view.setUint32(header.length, length, true);
  const before = usedMemory();
  const start = performance.now();
  refuse(bytes, "too many values");
  assertLess(performance.now() - start, 30_000);
  assertLess(usedMemory() - before, 150 * 1024 * 1024);
});

Deno.test("decodeMessage() answers anything with a message or DBusFormatError", () => {
  const decode = (bytes: Uint8Array) => {
    try {
      decodeMessage(bytes);
    } catch (error) {
      assertInstanceOf(error, DBusFormatError);
    }
  };
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(fc.property(bytes, decode), { numRuns: 2_000 });
  // With a valid beginning, so that more than the first check is reached.
  fc.assert(
    fc.property(bytes, fc.nat(100), (bytes, fields) => {
      const encoder = new PlainEncoder(true);
      encoder.bytes.push(0x6c, 4, 0, 1);
      const size = Math.ceil(fields / 8) * 8;
      encoder.integer(Math.max(0, bytes.length - size), 4);
      encoder.integer(1, 4);
      encoder.integer(fields, 4);
      decode(Uint8Array.from([...encoder.bytes, ...bytes]));
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("decodeMessage() answers damaged messages with a message or DBusFormatError", () => {
  const damages = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 });
  const property = fc.property(
    bodies,
    fc.boolean(),
    damages,
    fc.nat(),
    ({ signature, body }, little, changes, cut) => {
      const bytes = encodePlainly({ little, signature, body });
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      for (const end of [bytes.length, cut % bytes.length]) {
        try {
          decodeMessage(bytes.subarray(0, end));
          assertEquals(end, bytes.length);
        } catch (error) {
          assertInstanceOf(error, DBusFormatError);
        }
      }
    },
  );
  fc.assert(property, { numRuns: 1_000 });
});

Deno.test("decodeMessage() refuses every part of a message", () => {
  const bytes = encodePlainly({
    signature: "a{sv}",
    body: [new Map([["a", new Variant("u", 1)]])],
  });
  for (let end = 0; end < bytes.length; end++) refuse(bytes.subarray(0, end));
  decodeMessage(bytes);
});

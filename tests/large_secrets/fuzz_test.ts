// Whatever an entry and its parts hold: the secret or an error. A failure prints the seed that
// repeats it.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { LargeSecretKeyring } from "../../backends.ts";
import { CorruptSecretError } from "../../src/errors.ts";
import { decodeHead, encodeHead, type Head, headText } from "../../src/large_secrets/manifest.ts";
import { hashOf, namesOfPart, placeOfPart } from "../../src/large_secrets/names.ts";
import { namesIn, withNames } from "../../src/large_secrets/parts.ts";
import { SmallKeyring, SmallStore } from "../support/small_store.ts";

const RUNS = { numRuns: 1_000 };
const DETAILS = { operation: "get" } as const;
const MAGIC = "os-keyring-parts-";

function heads(): fc.Arbitrary<Head> {
  const hex = (length: number) =>
    fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
      .map((digits) => digits.join(""));
  const id = fc.tuple(hex(16), fc.nat(), hex(32))
    .map(([hash, time, random]) => `${hash}/${time.toString(36)}-${random}`);
  return fc.record({
    id,
    count: fc.integer({ min: 1, max: 999_999 }),
    length: fc.maxSafeNat(),
    sha256: hex(64),
    kind: fc.constantFrom("text", "bytes"),
    label: fc.string({ unit: "binary", maxLength: 100 }).map((name) => JSON.stringify(name)),
  });
}

/** A head with something cut out, put in or exchanged. */
function damagedHeads(): fc.Arbitrary<string> {
  const known = ['"', "{", "}", "null", "-1", "1e99", "v2:", "\\ud800", "\\u0000", "\\"];
  const piece = fc.oneof(fc.string(), fc.constantFrom(...known));
  return fc.tuple(heads(), fc.nat(400), fc.nat(20), piece).map(([head, at, removed, put]) => {
    const text = new TextDecoder().decode(encodeHead(head));
    return text.slice(0, at) + put + text.slice(at + removed);
  });
}

/** Reads something that may be corrupt, and nothing worse. */
async function tryRead<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    assertInstanceOf(error, CorruptSecretError);
    assert(error.message.length < 1_000);
    return undefined;
  }
}

Deno.test("every head comes back from its ASCII text", () => {
  fc.assert(
    fc.property(heads(), (head) => {
      const bytes = encodeHead(head);
      assert(bytes.every((byte) => byte >= 0x20 && byte < 0x7f));
      const text = headText(bytes) ?? "";
      assertEquals(headText(text), text);
      assertEquals(decodeHead(text, DETAILS), head);
    }),
    RUNS,
  );
});

Deno.test("a damaged head is a head of sound fields, or an error", async () => {
  const text = fc.oneof(
    damagedHeads(),
    fc.string({ unit: "binary" }).map((tail) => MAGIC + tail),
    fc.json().map((json) => `${MAGIC}v1:${json}`),
  );
  const run = fc.asyncProperty(text, async (text) => {
    const head = await tryRead(() => decodeHead(text, DETAILS));
    if (!head) return;
    assert(head.count > 0 && head.count < 1_000_000 && head.length >= 0);
    assertEquals(placeOfPart(namesOfPart(head, 1).service)?.id, head.id);
  });
  await fc.assert(run, RUNS);
});

Deno.test("the names in front of a secret come back, and rubbish has none", () => {
  const name = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(name, name, fc.uint8Array(), (service, username, secret) => {
      assertEquals(namesIn(withNames({ service, username }, secret)), { service, username });
      const names = namesIn(secret);
      assert(names === undefined || typeof names.service === "string");
    }),
    RUNS,
  );
});

Deno.test("no service but that of a part is taken for one", () => {
  const number = fc.integer({ min: 1, max: 999_999 });
  fc.assert(
    fc.property(heads(), number, fc.string(), fc.nat(120), (head, number, put, at) => {
      const { service } = namesOfPart(head, number);
      const place = placeOfPart(service);
      assertEquals([place?.id, place?.number], [head.id, number]);
      const damaged = service.slice(0, at) + put + service.slice(at + 1);
      const other = placeOfPart(damaged);
      if (other) {
        assertEquals(namesOfPart({ ...head, id: other.id }, other.number).service, damaged);
      }
    }),
    RUNS,
  );
});

Deno.test("whatever an entry holds is a secret, or told to be corrupt", async () => {
  const entry = fc.oneof(damagedHeads(), fc.string({ unit: "binary" }))
    .map((text) => new TextEncoder().encode(text));
  const run = fc.asyncProperty(fc.oneof(entry, fc.uint8Array()), async (bytes) => {
    const inner = new SmallKeyring(new SmallStore());
    await inner.setSecret("my_app", "alice", bytes);
    const keyring = new LargeSecretKeyring(inner);
    const found = await tryRead(() => keyring.getSecret("my_app", "alice"));
    if (found) assertEquals(found, Uint8Array.from(bytes));
    await keyring.setSecret("my_app", "alice", bytes);
    assertEquals(await keyring.getSecret("my_app", "alice"), Uint8Array.from(bytes));
    await keyring.deletePassword("my_app", "alice");
    assertEquals((await inner.list()).length, 0);
  });
  await fc.assert(run, { numRuns: 300 });
});

Deno.test("parts with anything else in them are never a wrong secret", async () => {
  const id = await hashOf("my_app", "alice");
  // Other bytes, no part at all, or one byte of it changed.
  const part = fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.constant(undefined), fc.nat(300));
  const run = fc.asyncProperty(fc.nat(900), fc.nat(3), part, async (more, index, change) => {
    const store = new SmallStore({ maxSecretBytes: 300 });
    const keyring = new LargeSecretKeyring(new SmallKeyring(store));
    const secret = Uint8Array.from({ length: 301 + more }, (_, at) => at & 255);
    await keyring.setSecret("my_app", "alice", secret);
    const keys = [...store.entries.keys()].filter((key) => key.includes(id));
    const key = keys[index % keys.length] ?? "";
    const bytes = store.entries.get(key) ?? new Uint8Array();
    if (typeof change === "number") {
      const at = change % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ 1;
    } else if (change) store.entries.set(key, change.slice());
    else store.entries.delete(key);
    assertEquals(await tryRead(() => keyring.getSecret("my_app", "alice")), undefined);
  });
  await fc.assert(run, { numRuns: 300 });
});

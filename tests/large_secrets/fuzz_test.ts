// Whatever an entry and its parts hold: the secret or an error. A failure prints the seed that
// repeats it.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import { CorruptSecretError, Failure } from "../../src/errors.ts";
import { decodeManifest, encodeManifest, type Manifest } from "../../src/large_secrets/manifest.ts";
import { isManifest } from "../../src/large_secrets/marks.ts";
import { hashOf, namesOfPart, placeOfPart } from "../../src/large_secrets/names.ts";
import { namesIn, pack } from "../../src/large_secrets/parts.ts";
import { StoreKeyring } from "../../testing.ts";
import { SmallBackend, SmallStore } from "../support/small_store.ts";

const RUNS = { numRuns: 1_000 };
const MAGIC = "os-keyring-parts-";
const HOSTILE = [
  " ",
  "'",
  '"',
  "\\",
  "\n",
  "\r",
  "\u2028",
  "\u0085",
  "\0",
  ":",
  "/",
  "%",
  "%0A",
  "é",
];

function manifests(): fc.Arbitrary<Manifest> {
  const hex = (length: number) =>
    fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length })
      .map((digits) => digits.join(""));
  const id = fc.tuple(hex(16), fc.nat(), hex(32))
    .map(([hash, time, random]) => `${hash}/${time.toString(36)}-${random}`);
  return fc.record({
    id,
    count: fc.integer({ min: 1, max: 999_999 }),
    length: fc.nat({ max: 10 ** 15 - 1 }),
    sha256: hex(64),
    kind: fc.constantFrom("text", "bytes"),
    label: hostileText(100).map((text) => text.replace(/\p{Cc}/gu, "_")),
  });
}

/** Well-formed text of whatever a store could damage. */
function hostileText(maxLength: number): fc.Arbitrary<string> {
  const unit = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: "binary", maxLength: 3 }));
  return fc.array(unit, { maxLength }).map((units) => units.join("").slice(0, maxLength))
    .map((text) => text.toWellFormed());
}

/** A manifest with something cut out, put in or exchanged. */
function damagedManifests(): fc.Arbitrary<string> {
  const known = [":", "::", "-1", "1e99", "v2:", "%", "%00", "%ED%A0%80", "text", "\n", "\\"];
  const piece = fc.oneof(fc.string(), fc.constantFrom(...known));
  return fc.tuple(manifests(), fc.nat(400), fc.nat(20), piece).map(([manifest, at, cut, put]) => {
    const text = new TextDecoder().decode(encodeManifest(manifest));
    return text.slice(0, at) + put + text.slice(at + cut);
  });
}

/** Reads something that may be corrupt, and nothing worse. */
async function tryRead<T>(read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Failure) assertEquals(error.kind, "corrupt");
    else assertInstanceOf(error, CorruptSecretError);
    assert(error.message.length < 1_000);
    return undefined;
  }
}

/** Whether it is one line of ASCII that no store damages. */
function isClean(bytes: Uint8Array): boolean {
  return bytes[0] !== 0x20 &&
    bytes.every((byte) =>
      byte >= 0x20 && byte < 0x7f && !"\"'\\".includes(String.fromCharCode(byte))
    );
}

Deno.test("every manifest comes back from one line of ASCII", () => {
  fc.assert(
    fc.property(manifests(), (manifest) => {
      const bytes = encodeManifest(manifest);
      assert(isClean(bytes) && !bytes.includes(0x20));
      assert(isManifest(bytes));
      assertEquals(decodeManifest(bytes), manifest);
    }),
    RUNS,
  );
});

Deno.test("a damaged manifest is a manifest of sound fields, or an error", async () => {
  const text = fc.oneof(
    damagedManifests(),
    fc.string({ unit: "binary" }).map((tail) => MAGIC + tail),
    fc.array(fc.string(), { maxLength: 9 }).map((fields) => `${MAGIC}v1:${fields.join(":")}`),
  );
  const run = fc.asyncProperty(text, async (text) => {
    const manifest = await tryRead(() => decodeManifest(new TextEncoder().encode(text)));
    if (!manifest) return;
    assert(manifest.count > 0 && manifest.count < 1_000_000 && manifest.length >= 0);
    const { service, username } = namesOfPart(manifest, 1);
    assertEquals(placeOfPart(service)?.id, manifest.id);
    assert(service.length <= 128 && username.length <= 512);
  });
  await fc.assert(run, RUNS);
});

Deno.test("the names in front of a secret come back, and rubbish has none", () => {
  fc.assert(
    fc.property(hostileText(40), hostileText(40), fc.uint8Array(), (service, username, secret) => {
      const packed = pack({ service, username }, secret);
      assertEquals(namesIn(packed), { service, username });
      const names = namesIn(secret);
      assert(names === undefined || typeof names.service === "string");
    }),
    RUNS,
  );
});

Deno.test("nothing that large secrets store can be damaged by a store, whatever its names", async () => {
  const names = fc.tuple(hostileText(60), hostileText(60))
    .map((
      [service, username],
    ) => [service.replaceAll("\0", "_") || "x", username.replaceAll("\0", "")]);
  const secret = fc.oneof(
    fc.uint8Array({ minLength: 1 }),
    hostileText(60).map((text) => new TextEncoder().encode(`${text}x`)),
  );
  const run = fc.asyncProperty(names, secret, async ([service = "", username = ""], secret) => {
    const store = new SmallStore({ maxSecretBytes: 1000 });
    const keyring = new StoreKeyring(new SmallBackend(store));
    const large = Uint8Array.from({ length: 1500 }, (_, at) => secret[at % secret.length] ?? 0);
    await keyring.setSecret(service, username, large);
    assert(store.parts > 1);
    for (const [key, bytes] of store.entries) {
      assert(isClean(bytes), new TextDecoder().decode(bytes));
      assert(!bytes.includes(0x20));
      const [partService, partUsername] = JSON.parse(key) as [string, string];
      if (partService === service) continue;
      assert(isClean(new TextEncoder().encode(partService)), partService);
      assert(/^part [^\p{C}\p{Zl}\p{Zp}"'\\]+$/u.test(partUsername), partUsername);
    }
    assertEquals(await keyring.getSecret(service, username), large);
    assertEquals(await keyring.prune?.({ graceMs: 0 }), 0);
    await keyring.deletePassword(service, username);
    assertEquals(store.entries.size, 0);
  });
  await fc.assert(run, { numRuns: 300 });
});

Deno.test("large texts of every kind come back", async () => {
  const run = fc.asyncProperty(hostileText(20), async (text) => {
    const keyring = new StoreKeyring(new SmallBackend(new SmallStore({ maxSecretBytes: 300 })));
    const large = `${text}x`.repeat(301);
    await keyring.setPassword("my_app", "alice", large);
    assertEquals(await keyring.getPassword("my_app", "alice"), large);
  });
  await fc.assert(run, { numRuns: 300 });
});

Deno.test("no service but that of a part is taken for one", () => {
  const number = fc.integer({ min: 1, max: 999_999 });
  fc.assert(
    fc.property(manifests(), number, fc.string(), fc.nat(120), (manifest, number, put, at) => {
      const { service } = namesOfPart(manifest, number);
      assertEquals(placeOfPart(service)?.id, manifest.id);
      const damaged = service.slice(0, at) + put + service.slice(at + 1);
      const other = placeOfPart(damaged);
      if (!other) return;
      const last = Number(damaged.slice(damaged.lastIndexOf("/") + 1));
      assertEquals(namesOfPart({ ...manifest, id: other.id }, last).service, damaged);
    }),
    RUNS,
  );
});

Deno.test("whatever an entry holds is a secret, or reported as corrupt", async () => {
  const entry = fc.oneof(damagedManifests(), fc.string({ unit: "binary" }))
    .map((text) => new TextEncoder().encode(text));
  const run = fc.asyncProperty(fc.oneof(entry, fc.uint8Array()), async (bytes) => {
    const backend = new SmallBackend();
    await backend.write({ service: "my_app", username: "alice" }, { bytes });
    const keyring = new StoreKeyring(backend);
    const found = await tryRead(() => keyring.getSecret("my_app", "alice"));
    if (found) assertEquals(found, Uint8Array.from(bytes));
    await keyring.setSecret("my_app", "alice", bytes);
    assertEquals(await keyring.getSecret("my_app", "alice"), Uint8Array.from(bytes));
    await keyring.deletePassword("my_app", "alice");
    assertEquals((await backend.list(undefined)).length, 0);
  });
  await fc.assert(run, { numRuns: 300 });
});

Deno.test("parts with anything else in them are never a wrong secret", async () => {
  const id = await hashOf({ service: "my_app", username: "alice" });
  // Other bytes, no part at all, or one byte of it changed.
  const part = fc.oneof(fc.uint8Array({ maxLength: 400 }), fc.constant(undefined), fc.nat(300));
  const run = fc.asyncProperty(fc.nat(900), fc.nat(3), part, async (more, index, change) => {
    const store = new SmallStore({ maxSecretBytes: 300 });
    const keyring = new StoreKeyring(new SmallBackend(store));
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

Deno.test("no entry in the place of parts makes prune fail", async () => {
  const parts = fc.record({
    manifest: manifests(),
    username: hostileText(30),
    bytes: fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(hostileText(10), hostileText(10), fc.uint8Array())
        .map(([service, username, secret]) => pack({ service, username }, secret).slice()),
    ),
    isOwned: fc.boolean(),
  });
  const run = fc.asyncProperty(fc.array(parts, { maxLength: 5 }), async (foreign) => {
    const store = new SmallStore();
    for (const { manifest, username, bytes, isOwned } of foreign) {
      const names = namesIn(bytes);
      const hash = isOwned && names ? await hashOf(names) : manifest.id.slice(0, 16);
      const id = `${hash}${manifest.id.slice(16)}`;
      const { service } = namesOfPart({ ...manifest, id }, 1);
      store.entries.set(JSON.stringify([service, username]), bytes);
    }
    const keyring = new StoreKeyring(new Strict(store));
    await keyring.setSecret("my_app", "alice", new Uint8Array(3_000));
    await keyring.prune?.({ graceMs: -Infinity });
    assertEquals(await keyring.getSecret("my_app", "alice"), new Uint8Array(3_000));
  });
  await fc.assert(run, { numRuns: 300 });
});

/** A store that no call may ever ask for names that it cannot hold. */
class Strict extends SmallBackend {
  override read(...call: Parameters<SmallBackend["read"]>) {
    const [{ service, username }] = call;
    assert(service !== "" && !`${service}${username}`.includes("\0"), "bad names");
    return super.read(...call);
  }
}

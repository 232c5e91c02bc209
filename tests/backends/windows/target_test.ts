import { assert, assertEquals } from "@std/assert";
import { encodeUtf16 } from "../../../src/backends/windows/structs.ts";
import {
  decodeBlob,
  kindOf,
  sameTarget,
  serviceOf,
  stripNamespace,
  TEXT,
} from "../../../src/backends/windows/target.ts";

Deno.test("decodeBlob() reads text of known and unknown encoding", () => {
  assertEquals(decodeBlob(encodeUtf16("扡摣"), "utf-16le"), "扡摣");
  assertEquals(decodeBlob(new TextEncoder().encode("abcd")), "abcd");
  assertEquals(decodeBlob(encodeUtf16("abcd")), "abcd");
  assertEquals(decodeBlob(new Uint8Array([0xff, 0xff, 0xff])), undefined);
  assertEquals(decodeBlob(new Uint8Array([0xc0]), "utf-8"), undefined);
  assertEquals(decodeBlob(new Uint8Array([1]), "utf-16le"), undefined);
});

Deno.test("the comment tells the kind of a secret, and the kind its encoding", () => {
  assertEquals(kindOf("Stored using os-keyring"), "text");
  assertEquals(kindOf("Stored using python-keyring"), "text");
  assertEquals(kindOf("Stored using os-keyring (bytes)"), "bytes");
  assertEquals(kindOf("by another program"), undefined);
  assertEquals(TEXT.encode("扡摣"), new TextEncoder().encode("abcd"));
  const bytes = new TextEncoder().encode("abcd");
  assertEquals(TEXT.decode({ bytes, kind: "text" }), "扡摣");
  assertEquals(TEXT.decode({ bytes, kind: "bytes" }), "abcd");
  assertEquals(TEXT.decode({ bytes }), "abcd");
  assertEquals(TEXT.decode({ bytes: encodeUtf16("abcd") }), "abcd");
});

Deno.test("sameTarget() compares as Windows does", () => {
  assert(sameTarget("Straße É", "STRAßE é"));
  assert(!sameTarget("straße", "STRASSE"));
  assert(!sameTarget("a", "b"));
});

Deno.test("serviceOf() takes the user off a compound target", () => {
  assertEquals(serviceOf("alice@svc", "alice"), "svc");
  assertEquals(serviceOf("Alice@svc", "alice"), "svc");
  assertEquals(serviceOf("git:https://alice@host", "alice"), "git:https://alice@host");
  assertEquals(serviceOf("alice@", "alice"), "alice@");
  assertEquals(serviceOf("@svc", ""), "svc");
});

Deno.test("stripNamespace() takes off what cmdkey shows", () => {
  assertEquals(stripNamespace("LegacyGeneric:target=foo"), "foo");
  assertEquals(stripNamespace("legacygeneric:TARGET=foo"), "foo");
  assertEquals(stripNamespace("LegacyGeneric:target="), "LegacyGeneric:target=");
  assertEquals(stripNamespace("foo"), "foo");
});

import { assert, assertEquals } from "@std/assert";
import { encodeUtf16 } from "../../../src/backends/windows/structs.ts";
import { decodeBlob, kindOf, stripNamespace, TEXT } from "../../../src/backends/windows/target.ts";
import { COMMENT, markOf, sameTarget, serviceOf, servicesOf } from "../../../src/layouts/python.ts";

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

Deno.test("the comment tells how the target is composed", () => {
  const forms = ["service", "user@service"] as const;
  const kinds = ["text", "bytes"] as const;
  const comments = forms.flatMap((form) => kinds.map((kind) => COMMENT[form][kind]));
  assertEquals(new Set(comments).size, 4);
  for (const form of forms) {
    for (const kind of kinds) assertEquals(markOf(COMMENT[form][kind]), { form, kind });
  }
  assertEquals(markOf("Stored using python-keyring"), undefined);
  const services = (comment: string) =>
    servicesOf({ target: "root@server1", userName: "root", comment });
  assertEquals(services(COMMENT["service"].text), ["root@server1"]);
  assertEquals(services(COMMENT["user@service"].bytes), ["server1"]);
  assertEquals(services("Stored using python-keyring"), ["server1", "root@server1"]);
});

Deno.test("sameTarget() compares as Windows does", () => {
  assert(sameTarget("Straße É", "STRAßE é"));
  assert(!sameTarget("straße", "STRASSE"));
  assert(!sameTarget("a", "b"));
  for (const same of ["éÉ", "ÿŸ", "σΣ", "ǆǄ", "ᾳᾼ", "ꭰᎠ", "ⅷⅧ", "ⓩⓏ", "ｚＺ", "ⱥȺ"]) {
    assert(sameTarget(same.slice(0, 1), same.slice(1)), same);
  }
  // Each has an upper case in Unicode, and is a letter of its own to Windows.
  const apart =
    "ıI ſS \u00b5\u039c ςΣ \u03d0Β ϑΘ ϕΦ ϖΠ \u03f0Κ ϱΡ ϵΕ ẛṠ \u1fbe\u0399 ǅǄ ǈǇ \u1c80В " +
    "\u212ak \u2126ω \u212bå İi ßẞ";
  for (const pair of apart.split(" ")) assert(!sameTarget(pair.slice(0, 1), pair.slice(1)), pair);
  assert(!sameTarget("𐐨", "𐐀"));
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
  assertEquals(stripNamespace("SomethingElse:target=foo"), "SomethingElse:target=foo");
});

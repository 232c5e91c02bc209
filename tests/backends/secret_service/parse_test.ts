import { assertEquals, assertInstanceOf } from "@std/assert";
import { classifyFailure, firstMessage } from "../../../src/backends/secret_service/failure.ts";
import { explain } from "../../../src/backends/secret_service/explain.ts";
import { nextSecond, placeEntry } from "../../../src/backends/secret_service/placement.ts";
import { judgeFirst, parseSearch } from "../../../src/backends/secret_service/search_output.ts";
import { SecretToolError } from "../../../src/backends/secret_service/secret_tool.ts";
import {
  BASE64_MARKER,
  fromStoredForm,
  toStoredForm,
} from "../../../src/backends/secret_service/stored_form.ts";

const NOTHING = new Map<string, string>();
const OWN = new Map([["application", "us"], ["service", "S"], ["username", "U"]]);

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("parseSearch() starts an item at a repeated attribute", () => {
  const text = "attribute.service = S\nattribute.username = a\n" +
    "attribute.service = S\nattribute.username = b = c\n";
  const { items, locked, regular } = parseSearch(text, NOTHING);
  assertEquals(items.map((item) => [...item]), [
    [["service", "S"], ["username", "a"]],
    [["service", "S"], ["username", "b = c"]],
  ]);
  assertEquals({ locked, regular }, { locked: false, regular: true });
});

Deno.test("parseSearch() joins a value's lines and says that it had to", () => {
  const { items, regular } = parseSearch("attribute.username = a\n\nb\n", NOTHING);
  assertEquals(items.map((item) => item.get("username")), ["a\n\nb"]);
  assertEquals(regular, false);
});

Deno.test("parseSearch() is not fooled by line breaks in what was searched for", () => {
  const username =
    "a\nattribute.application = us\nsecret-tool: Cannot get secret of a locked object";
  const searched = new Map([["service", "S"], ["username", username]]);
  const text = `attribute.service = S\nattribute.username = ${username}\n`;
  const { items, locked, regular } = parseSearch(text, searched);
  assertEquals(items.map((item) => [...item]), [[...searched]]);
  assertEquals({ locked, regular }, { locked: false, regular: true });
});

Deno.test("parseSearch() tells locked items and differing shapes", () => {
  const message = "secret-tool: Cannot get secret of a locked object\n";
  assertEquals(parseSearch(`${message}attribute.service = S\n`, NOTHING).locked, true);
  const mixed = "attribute.service = S\nattribute.x = 1\nattribute.service = S\n";
  assertEquals(parseSearch(mixed, NOTHING).regular, false);
  assertEquals(parseSearch("", NOTHING), { items: [], locked: false, regular: true });
});

Deno.test("judgeFirst() tells a secret that was cut off from an empty one and a full one", () => {
  const judge = (label: string, secret: string) =>
    judgeFirst(bytes(`[/1]\nlabel = ${label}\nsecret = ${secret}\ncreated = x\n`), "ours\né");
  assertEquals(judge("ours\né", ""), "cut off");
  for (const secret of ["x", "\n", "\nsecret = x"]) assertEquals(judge("ours\né", secret), "full");
  for (const label of ["ours", "", "ours\né "]) assertEquals(judge(label, ""), "empty");
  for (const text of ["", "\n", "[/1]", "[/1]\nlabel = ours\né"]) {
    assertEquals(judgeFirst(bytes(text), "ours\né"), "full");
  }
});

Deno.test("classifyFailure() knows the texts of libsecret and GDBus", () => {
  const cases = {
    "Cannot autolaunch D-Bus without X11 $DISPLAY": "no-bus",
    "Could not connect: No such file or directory": "no-bus",
    "The name org.freedesktop.secrets was not provided by any .service files": "no-daemon",
    "Object does not exist at path “/org/freedesktop/secrets/collection/login”": "no-collection",
    "Cannot create an item in a locked collection": "locked",
    "Timeout was reached": "timeout",
    "password is too long": "too-long",
    "something new": "other",
  };
  for (const [text, failure] of Object.entries(cases)) {
    assertEquals(classifyFailure(`secret-tool: ${text}\n`, 1), failure, text);
  }
  assertEquals(classifyFailure("", 139), "killed");
});

Deno.test("firstMessage() passes over log lines", () => {
  const log = "\n(secret-tool:12): GLib-WARNING **: 01:02:03.4: odd\n** Message: odd\n";
  assertEquals(firstMessage(log), "");
  assertEquals(firstMessage(`${log}secret-tool: no\n`), "no");
});

Deno.test("explain() keeps hostile output on one line", () => {
  const error = new SecretToolError("other", `a\u001b[31mb\n${"x".repeat(500)}`, 1);
  const reason = explain(error, "/usr/bin/secret-tool")?.reason ?? "";
  assertEquals(reason.includes("\u001b") || reason.includes("\n"), false);
  assertEquals(reason.length < 250, true);
  assertEquals(explain(new RangeError("ours"), "/usr/bin/secret-tool"), undefined);
});

Deno.test("toStoredForm() leaves text alone and encodes the rest", () => {
  for (const text of ["", "pä\nss", "\ufeffx", "-x", " "]) {
    assertEquals(toStoredForm(bytes(text)), bytes(text));
  }
  const odd = [bytes("a\0b"), new Uint8Array([255]), bytes(BASE64_MARKER), bytes("\0")];
  for (const secret of odd) {
    const stored = toStoredForm(secret);
    assertEquals(new TextDecoder().decode(stored).startsWith(BASE64_MARKER), true);
    assertEquals(fromStoredForm(stored), secret);
  }
});

Deno.test("fromStoredForm() returns what only looks encoded as it is", () => {
  for (const tail of ["A", "AA==\n", " AA==", "AB==", "ä", "\ufeffAAAA"]) {
    assertEquals(fromStoredForm(bytes(BASE64_MARKER + tail)), bytes(BASE64_MARKER + tail));
  }
});

Deno.test("placeEntry() makes an item, takes over the only one, or outdoes several", () => {
  const result = (...items: Map<string, string>[]) => ({ items, locked: false, regular: true });
  const foreign = new Map([["service", "S"], ["username", "U"]]);
  const tagged = new Map([...foreign, ["application", "theirs"]]);
  const magic = new Map([...foreign, ["gkr:compat:x", "y"]]);
  assertEquals(placeEntry(OWN, result()), { attributes: OWN, newest: false });
  assertEquals(placeEntry(OWN, result(foreign)), { attributes: foreign, newest: false });
  assertEquals(placeEntry(OWN, result(tagged)), { attributes: tagged, newest: false });
  assertEquals(placeEntry(OWN, result(magic)), { attributes: foreign, newest: false });
  assertEquals(placeEntry(OWN, result(foreign, OWN)), { attributes: OWN, newest: true });
});

Deno.test("nextSecond() waits for another whole second unless it is aborted", async () => {
  const second = Math.floor(Date.now() / 1000);
  await nextSecond();
  assertEquals(Math.floor(Date.now() / 1000) > second, true);
  const controller = new AbortController();
  const waiting = nextSecond(controller.signal).catch((error) => error);
  controller.abort();
  assertInstanceOf(await waiting, DOMException);
});

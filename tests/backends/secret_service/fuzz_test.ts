// Whatever secret-tool prints, the result is a value or an error: never a crash, never a secret
// that it did not print. A failure prints the seed that repeats it.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { explain } from "../../../src/backends/secret_service/explain.ts";
import { classifyFailure, firstMessage } from "../../../src/backends/secret_service/failure.ts";
import { judgeFirst, parseSearch } from "../../../src/backends/secret_service/search_output.ts";
import { SecretToolError } from "../../../src/backends/secret_service/secret_tool.ts";
import {
  BASE64_MARKER,
  fromStoredForm,
  toStoredForm,
} from "../../../src/backends/secret_service/stored_form.ts";
import { hostileText } from "../../fixtures/hostile_text.ts";

const RUNS = { numRuns: 1_000 };
function printed(items: Map<string, string>[]): string {
  return items.flatMap((item) => [...item])
    .map(([name, value]) => `attribute.${name} = ${value}\n`).join("");
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("parseSearch() finds every item of one shape", () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z:]{1,8}$/), { minLength: 1, maxLength: 4 });
  const value = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", ""));
  const shaped = names.chain((names) => {
    const item = fc.tuple(...names.map(() => value))
      .map((values) => new Map(names.map((name, index) => [name, values[index] ?? ""])));
    return fc.array(item, { maxLength: 5 });
  });
  fc.assert(
    fc.property(shaped, (items) => {
      const found = parseSearch(printed(items), new Map());
      assertEquals(found, { items, locked: false, regular: true });
    }),
    RUNS,
  );
});

Deno.test("parseSearch() knows what was searched for, whatever it holds", () => {
  fc.assert(
    fc.property(hostileText(), hostileText(), fc.nat(3), (service, username, count) => {
      const searched = new Map([["service", service], ["username", username]]);
      const items = Array.from({ length: count }, () => searched);
      const found = parseSearch(printed(items), searched);
      assertEquals(found, { items, locked: false, regular: true });
    }),
    RUNS,
  );
});

Deno.test("judgeFirst() takes no secret for an empty one, and no other label for this one", () => {
  // Nobody's secret has such lines.
  const EMPTY = "\nsecret = \ncreated = ";
  const text = hostileText().filter((text) => !`\nsecret = ${text}\ncreated = `.includes(EMPTY));
  const secret = fc.oneof(fc.constant(""), text);
  fc.assert(
    fc.property(text, text, secret, (label, ours, secret) => {
      const item = `[/1]\nlabel = ${label}\nsecret = ${secret}\ncreated = x\nmodified = x\n`;
      const judge = (label: string) => judgeFirst(bytesOf(item), label);
      assertEquals(judge(ours), secret ? "full" : label === ours ? "cut off" : "empty");
      assertEquals(judge(label), secret ? "full" : "cut off");
    }),
    RUNS,
  );
});

Deno.test("parseSearch() invents nothing from rubbish", () => {
  fc.assert(
    fc.property(hostileText(), hostileText(), (text, service) => {
      const { items } = parseSearch(text, new Map([["service", service]]));
      for (const [name, value] of items.flatMap((item) => [...item])) {
        assert(text.includes(`attribute.${name} = ${value}`));
      }
    }),
    RUNS,
  );
});

Deno.test("a failure of any text and code is explained on one short line", () => {
  fc.assert(
    fc.property(hostileText(), fc.nat(255), (stderr, code) => {
      const error = new SecretToolError(classifyFailure(stderr, code), firstMessage(stderr), code);
      const reason = explain(error, "/usr/bin/secret-tool")?.reason ?? "";
      assert(reason !== "" && reason.length < 300);
      // deno-lint-ignore no-control-regex -- these are what is looked for
      assert(!/[\0-\x1f\x7f-\x9f]/.test(reason));
    }),
    RUNS,
  );
});

Deno.test("every secret comes back from its stored form, which is text", () => {
  const marked = fc.string({ unit: "binary" }).map((text) => bytesOf(BASE64_MARKER + text));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), marked), (secret) => {
      const stored = toStoredForm(secret);
      const text = new TextDecoder("utf-8", { fatal: true }).decode(stored);
      assert(!text.includes("\0"));
      assertEquals(fromStoredForm(stored), Uint8Array.from(secret));
    }),
    RUNS,
  );
});

Deno.test("what another program stored comes back as it is, or is exactly ours", () => {
  const tail = fc.oneof(
    fc.base64String(),
    fc.string({ unit: "binary" }),
    fc.base64String().map((text) => `\ufeff${text}`),
  );
  fc.assert(
    fc.property(tail, (tail) => {
      const stored = bytesOf(BASE64_MARKER + tail);
      const secret = fromStoredForm(stored.slice());
      if (secret.toHex() === stored.toHex()) return;
      assertEquals(bytesOf(BASE64_MARKER + secret.toBase64()), stored);
    }),
    RUNS,
  );
});

// Whatever secret-tool prints, the result is a value or an error: never a crash, never a secret
// that it did not print. A failure prints the seed that repeats it.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { failureOf } from "../../../src/backends/secret_service/failures.ts";
import { listEntries } from "../../../src/backends/secret_service/listing.ts";
import {
  type Attributes,
  parseSearch,
  type SearchResult,
} from "../../../src/backends/secret_service/search_output.ts";
import { SecretTool } from "../../../src/backends/secret_service/secret_tool.ts";
import {
  BASE64_MARKER,
  fromStoredForm,
  toStoredForm,
} from "../../../src/backends/secret_service/stored_form.ts";
import { Failure } from "../../../src/errors.ts";
import { hostileText } from "../../fixtures/hostile_text.ts";

const RUNS = { numRuns: 1_000 };
function printed(items: readonly Attributes[]): string {
  return items.flatMap((item) => [...item])
    .map(([name, value]) => `attribute.${name} = ${value}\n`).join("");
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

Deno.test("parseSearch() finds every item of one shape", () => {
  const known = ["application", "service", "username", "xdg:schema", "Uuid", "Title"];
  const names = fc.shuffledSubarray(known, { minLength: 1, maxLength: 4 });
  const value = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", ""));
  const shaped = names.chain((names) => {
    const item = fc.tuple(...names.map(() => value))
      .map((values) => new Map(names.map((name, index) => [name, values[index] ?? ""])));
    return fc.array(item, { maxLength: 5 });
  });
  fc.assert(
    fc.property(shaped, (items) => {
      const { items: found, locked, regular, more } = parseSearch(printed(items), new Map());
      assertEquals(found, items);
      assertEquals({ locked, regular, more }, { locked: false, regular: true, more: false });
    }),
    RUNS,
  );
});

Deno.test("parseSearch() knows what was searched for, whatever it holds", () => {
  fc.assert(
    fc.property(hostileText(), hostileText(), fc.nat(3), (service, username, count) => {
      const searched = new Map([["service", service], ["username", username]]);
      const items = Array.from({ length: count }, () => searched);
      const { items: found, locked, regular, ...rest } = parseSearch(printed(items), searched);
      assertEquals(found, items);
      assertEquals([locked, regular, rest.more, rest.count], [false, true, false, count]);
    }),
    RUNS,
  );
});

/** A secret-tool over items in memory. */
class FakeSecretTool extends SecretTool {
  constructor(readonly items: readonly Attributes[]) {
    super("/nonexistent", 0);
  }

  override search(searched: Attributes): Promise<SearchResult> {
    const has = (item: Attributes) =>
      [...searched].every(([name, value]) => item.get(name) === value);
    return Promise.resolve(parseSearch(printed(this.items.filter(has)), searched));
  }
}

Deno.test("listEntries() names every item, or fails", async () => {
  const text = hostileText().filter((text) => !text.includes("\0"));
  const name = fc.oneof(text, fc.constantFrom("a", "a\nattribute.username = b", "b", "c\nd", "c"));
  const item = fc.tuple(name.filter((name) => name !== ""), name, fc.option(text), fc.boolean())
    .map(([service, username, extra, first]) => {
      const attributes = [["application", "us"], ["service", service], ["username", username]];
      const more = extra === null ? [] : [["comment", extra]];
      const all = first ? [...more, ...attributes] : [...attributes.toReversed(), ...more];
      return new Map(all as [string, string][]);
    });
  const keyOf = (service?: string, username?: string) => JSON.stringify([service, username]);
  let failed = 0;
  const runs = { numRuns: 2_000 };
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 6 }), fc.boolean(), async (items, all) => {
      const tool = new FakeSecretTool(items);
      const service = items[0]?.get("service") ?? "S";
      const searched: Attributes = all
        ? new Map([["application", "us"]])
        : new Map([["service", service]]);
      const found = await listEntries(tool, searched, false).catch((error) => {
        assert(error instanceof Failure && /cannot be told apart/.test(error.message));
      });
      if (!found) return void failed++;
      const expected = items.filter((item) => all || item.get("service") === service)
        .map((item) => keyOf(item.get("service"), item.get("username")));
      const names = found.map(({ service, username }) => keyOf(service, username));
      assertEquals(names.toSorted(), [...new Set(expected)].toSorted());
    }),
    runs,
  );
  assert(failed < runs.numRuns / 20, `${failed} of ${runs.numRuns} lists failed`);
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
      const { message } = failureOf({ code, stderr });
      assert(message !== "" && message.length < 300);
      // deno-lint-ignore no-control-regex -- these are what is looked for
      assert(!/[\0-\x1f\x7f-\x9f]/.test(message));
    }),
    RUNS,
  );
});

Deno.test("every secret comes back from its stored form, which is text", async () => {
  const marked = fc.string({ unit: "binary" }).map((text) => bytesOf(BASE64_MARKER + text));
  const kinds = fc.constantFrom("encrypted", "plain", "unknown");
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array(), marked), kinds, async (secret, kind) => {
      const stored = await toStoredForm(secret, () => Promise.resolve(kind));
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

import { assert, assertEquals, assertLess, assertMatch } from "@std/assert";
import fc from "fast-check";
import { entryOf, nameOf, otherTags, tagsOf } from "../../../src/backends/azure_key_vault/names.ts";
import { DIFFICULT_NAMES } from "../../../src/testing/texts.ts";

Deno.test("nameOf() keeps 10,000 hostile pairs apart, and tags give them back", async () => {
  const parts = [
    ...Object.values(DIFFICULT_NAMES),
    "",
    "a",
    "A",
    "ab",
    "b",
    "kr-",
    "%",
    "%25",
    "-",
  ];
  const name = fc.array(fc.oneof(fc.constantFrom(...parts), fc.string({ unit: "binary" })), {
    maxLength: 4,
  }).map((pieces) => pieces.join("")).filter((text) => text.isWellFormed());
  const [services, usernames] = [fc.sample(name, 100), fc.sample(name, 100)];
  const pairs = services.flatMap((service) =>
    usernames.map((username) => [service, username] as const)
  );
  const seen = new Map<string, string>();
  for (const [service, username] of pairs) {
    const secret = await nameOf({ service, username });
    assertMatch(secret, /^kr-([0-9a-z]+-)*[a-z2-7]{32}$/);
    assertLess(secret.length, 97);
    const key = JSON.stringify([service, username]);
    assertEquals(seen.get(secret) ?? key, key);
    seen.set(secret, key);
    if (service === "") continue;
    const tags = tagsOf({ service, username });
    assertEquals(entryOf(tags), { service, username });
    assert(Object.values(tags).every((tag) => tag.length <= 256 && tag.isWellFormed()));
  }
});

Deno.test("nameOf() does not mistake where the service ends", async () => {
  const names = await Promise.all([
    nameOf({ service: "ab", username: "c" }),
    nameOf({ service: "a", username: "bc" }),
    nameOf({ service: "abc", username: "" }),
    nameOf({ service: "AB", username: "c" }),
  ]);
  assertEquals(new Set(names).size, 4);
});

Deno.test("nameOf() does not change", async () => {
  assertEquals(
    await nameOf({ service: "my_app", username: "alice" }),
    "kr-my-app-alice-lmviy6lqst4pntvyxavwa67ukdbxuaai",
  );
});

Deno.test("tagsOf() has room for the longest names", () => {
  for (const character of ["a", "%", "\u0001", "é", "密", "🔑", "a🔑"]) {
    const length = new TextEncoder().encode(character).length;
    const longest = character.repeat(Math.floor(512 / length));
    const entry = { service: longest, username: `${longest}`.slice(0, -2) };
    const tags = tagsOf({ ...entry, username: entry.username.toWellFormed() });
    assertLess(Object.keys(tags).length, 15, character);
    assert(Object.values(tags).every((tag) => tag.length <= 256 && tag.isWellFormed()));
  }
});

Deno.test("tagsOf() leaves what a person reads", () => {
  assertEquals(tagsOf({ service: "https://é.example.com/a?b=c", username: "My App" }), {
    "keyring-service": "https://é.example.com/a?b=c",
    "keyring-username": "My%20App",
  });
});

Deno.test("entryOf() knows what is not ours", () => {
  assertEquals(entryOf(undefined), undefined);
  assertEquals(entryOf({}), undefined);
  assertEquals(entryOf({ "keyring-username": "alice" }), undefined);
  assertEquals(entryOf({ "keyring-service": "%E0%A4%A" }), undefined);
  assertEquals(entryOf({ "keyring-service": "my_app" }), { service: "my_app", username: "" });
  assertEquals(otherTags({ "keyring-service-3": "x", "keyring-services": "y", a: "b" }), {
    "keyring-services": "y",
    a: "b",
  });
});

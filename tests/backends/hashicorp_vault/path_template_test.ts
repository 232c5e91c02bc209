import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { escapeName, unescapeName } from "../../../src/backends/hashicorp_vault/names.ts";
import { PathTemplate } from "../../../src/backends/hashicorp_vault/path_template.ts";
import { Failure } from "../../../src/errors.ts";

const PIECES = [".", "..", "/", "%2F", "%2e%2e", "~", "~2F", "~~", "#", "?", "\\", ";", "+", "*"];
const NAMES = ["my_app", "https://npm.example.com/team", "data", "é", "e\u0301", "\u{1F511}", " "];

/** Names made of what paths and URLs give a meaning. */
function hostileName(minLength = 0): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(...PIECES, ...NAMES),
    fc.integer({ min: 0, max: 0x10ffff }).map((point) =>
      String.fromCodePoint(point).toWellFormed()
    ),
  );
  return fc.array(piece, { minLength, maxLength: 5 }).map((pieces) => pieces.join(""));
}

const TEMPLATES = [
  "{service}/{username}",
  "team/{service}/{username}#token",
  "{username}/of/{service}",
  "{+service}/{username}",
  "a/{+service}/b/{username}",
  "{service}#{username}",
  "a/{+service}#{username}",
];

Deno.test("10,000 hostile pairs of names have as many places, none outside of the mount", () => {
  const service = hostileName(1).filter((name) => name !== "");
  const pairs = fc.sample(fc.tuple(service, hostileName()), { numRuns: 10_000, seed: 1 });
  for (const template of TEMPLATES.map((text) => new PathTemplate(text))) {
    const places = new Map<string, string>();
    for (const [service, username] of pairs) {
      const { path, field } = template.place({ service, username });
      const key = JSON.stringify([service, username]);
      const place = JSON.stringify([path, field]);
      assertEquals(places.get(place) ?? key, key, place);
      places.set(place, key);
      const base = "https://vault.example.com/v1/secret/data/";
      assertEquals(new URL(base + path).href, base + path);
      const names = template.entryAt(path);
      assertEquals(names?.service, service);
      if (!template.hasFieldPerUsername) assertEquals(names?.username, username);
    }
    assert(places.size > 5_000);
  }
});

Deno.test("each name is one segment, and comes back", () => {
  const expected = {
    "": "~",
    ".": "~2E",
    "..": "~2E.",
    "a/b": "a~2Fb",
    "a%2Fb": "a~252Fb",
    "~": "~7E",
    "é": "~C3~A9",
    "user@example.com": "user@example.com",
    "https://npm.example.com/team": "https~3A~2F~2Fnpm.example.com~2Fteam",
  };
  for (const [name, segment] of Object.entries(expected)) {
    assertEquals([escapeName(name), unescapeName(segment)], [segment, name]);
  }
  for (const other of ["a b", "~2f", "~41", "~C3", "~G0", "a~", "", ".a"]) {
    assertEquals(unescapeName(other), undefined, other);
  }
});

Deno.test("a template says where the entries of a service are", () => {
  const root = (text: string, service?: string) => new PathTemplate(text).root(service);
  assertEquals(root("team/{service}/{username}"), { folder: "team", levels: 2 });
  assertEquals(root("team/{service}/{username}", "a/b"), { folder: "team/a~2Fb", levels: 1 });
  assertEquals(root("{+service}/prod#{username}", "a/b"), { folder: "a/b/prod", levels: 0 });
  assertEquals(root("{service}#{username}"), { folder: "", levels: 1 });
});

Deno.test("a template that would mix up entries is refused", () => {
  const bad = {
    "{service}": "{username} once",
    "{username}": "{service}",
    "": "{service}",
    "{service}/{service}/{username}": "{service}",
    "{service}/{username}#{username}": "{username} once",
    "{service}-{username}": "{service}",
    "app-{service}/{username}": "{service}",
    "{service}/{username}/{user}": "braces",
    "{service}/{username}#": "no field",
    "{service}/../{username}": "no server takes",
    "/{service}/{username}": "no server takes",
    "{service}/{username}/": "no server takes",
  };
  for (const [template, reason] of Object.entries(bad)) {
    const error = assertThrows(() => new PathTemplate(template), Failure);
    assert(error.message.includes(reason), `${template}: ${error.message}`);
  }
});

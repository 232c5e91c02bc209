import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { checkLength, entryAt, pathOf } from "../../../src/backends/pass/names.ts";
import { Failure } from "../../../src/errors.ts";

const PIECES = [".", "..", "/", "//", "%", "%2F", "%2f", "%2E", ".gpg", ".GPG", "\\", "\n", "-"];
const NAMES = ["my_app", "https://npm.example.com/team", ".git", "é", "e\u0301", "\u{1F511}", " "];

/** Names made of what paths give a meaning. */
function hostileName(minLength = 0): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom(...PIECES, ...NAMES),
    fc.integer({ min: 1, max: 0x10ffff }).map((point) =>
      String.fromCodePoint(point).toWellFormed()
    ),
  );
  return fc.array(piece, { minLength, maxLength: 5 }).map((pieces) => pieces.join(""));
}

Deno.test("10,000 hostile pairs of names have as many paths, none outside of the store", () => {
  const pairs = fc.sample(fc.tuple(hostileName(1), hostileName()), { numRuns: 10_000, seed: 1 });
  const files = new Map<string, string>();
  const folders = new Set<string>();
  for (const [service, username] of pairs) {
    const path = pathOf({ service, username });
    const key = JSON.stringify([service, username]);
    assertEquals(files.get(`${path}.gpg`) ?? key, key, path);
    files.set(`${path}.gpg`, key);
    const names = path.split("/");
    assert(names.length > 1 && names.every((name) => name !== "" && !name.startsWith(".")), path);
    for (const end of names.slice(1).keys()) folders.add(names.slice(0, end + 1).join("/"));
    // deno-lint-ignore no-control-regex -- these are what is looked for
    assert(!/[\0-\x1f\x7f-\x9f\u202e]/.test(path), path);
    assertEquals(entryAt(path), { service, username });
  }
  assert(files.size > 5_000);
  // A folder cannot be where a file is.
  assertEquals([...folders].filter((folder) => files.has(folder)), []);
});

Deno.test("pass ls shows names that can be read", () => {
  const expected: [service: string, username: string, path: string][] = [
    ["my_app", "alice", "my_app/alice"],
    ["email/work", "alice@example.com", "email/work/alice@example.com"],
    ["https://npm.example.com/team", "alice", "https:%2F/npm.example.com/team/alice"],
    ["https://example.com:8443/", "DOMAIN\\alice", "https:%2F/example.com:8443%2F/DOMAIN\\alice"],
    ["..", "../../etc/passwd", "%2E./%2E.%2F..%2Fetc%2Fpasswd"],
    ["/etc", ".ssh", "%2Fetc/%2Essh"],
    ["a/../b", "", "a/%2E./b/%"],
    ["100%", "50%2F", "100%/50%252F"],
    ["%", "%", "%25/%25"],
    ["key.gpg", "key.gpg", "key%2Egpg/key.gpg"],
    ["two\nlines", "\u001b[2J\u202e", "two%0Alines/%1B[2J%E2%80%AE"],
    [" Ünïcødé 🔑 ", "*?", " Ünïcødé 🔑 /*?"],
  ];
  for (const [service, username, path] of expected) {
    assertEquals(pathOf({ service, username }), path);
    assertEquals(entryAt(path), { service, username });
  }
});

Deno.test("what no entry is called is none", () => {
  for (const path of ["alice", "a//b", "/a", "a/%2Fb%41", "a/%FF", "a/.b", "a%2Fb/c", "%/a"]) {
    assertEquals(entryAt(path), undefined, path);
  }
});

Deno.test("a name that no file can have is refused", () => {
  checkLength(pathOf({ service: "s".repeat(255), username: "u".repeat(251) }));
  const long = [
    { service: "s".repeat(256), username: "" },
    { service: "s", username: "u".repeat(252) },
    { service: `a/${"\n".repeat(86)}`, username: "" },
  ];
  for (const entry of long) assertThrows(() => checkLength(pathOf(entry)), Failure, "at most 255");
});

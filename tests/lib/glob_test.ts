import { assertEquals } from "@std/assert";
import { targetMatcher } from "../../src/lib/glob.ts";

Deno.test("targetMatcher() takes * for any text and knows no case", () => {
  const cases: [string, string, boolean][] = [
    ["git:*", "git:https://github.com", true],
    ["GIT:*", "git:", true],
    ["git:*", "agit:", false],
    ["*", "", true],
    ["a", "a", true],
    ["a", "ab", false],
    ["*b", "ab", true],
    ["*b", "ba", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*1*2*", "0102", true],
    ["*2*1*", "0102", false],
    ["a**b", "a-b", true],
    [".*", "x", false],
    ["É*", "école", true],
  ];
  for (const [filter, target, expected] of cases) {
    assertEquals(targetMatcher(filter)(target), expected, `${filter} ${target}`);
  }
});

Deno.test("targetMatcher() takes no time for many stars", () => {
  assertEquals(targetMatcher(`${"a*".repeat(50)}b`)("a".repeat(30_000)), false);
});

// @environment unit, windows
//
// Columns on a terminal, and elsewhere.

import { assert, assertEquals } from "@std/assert";
import stringWidth from "string-width";
import { cutMiddle, formatColumns } from "../../src/cli/columns.ts";
import { coarseWidth, loadMeasure } from "../../src/cli/text_width.ts";

const WIDTHS = {
  "": 0,
  "abc": 3,
  "é": 1,
  "e\u0301": 1,
  "键盘": 4,
  "🔑": 2,
  "🇩🇪": 2,
  "👨‍👩‍👧": 2,
  "👍🏽": 2,
  "❤️": 2,
};

Deno.test("loadMeasure() counts the columns of every script, emoji and flag", async () => {
  const measure = await loadMeasure(Object.keys(WIDTHS));
  for (const [text, width] of Object.entries(WIDTHS)) assertEquals(measure(text), width, text);
});

Deno.test("loadMeasure() loads nothing for ASCII", { permissions: "none" }, async () => {
  const measure = await loadMeasure(["abc", "https://host.example/"]);
  assertEquals(measure("abc"), 3);
});

Deno.test("coarseWidth() counts what a person takes for a character", () => {
  assertEquals(["abc", "e\u0301", "🇩🇪", "键盘"].map(coarseWidth), [3, 1, 2, 4]);
});

Deno.test("cutMiddle() keeps beginning and end within the width", () => {
  const url = "https://host.example/team/alice";
  assertEquals(cutMiddle(url, 31, coarseWidth), url);
  assertEquals(cutMiddle(url, 14, coarseWidth), "https:…m/alice");
  assertEquals(cutMiddle("👨‍👩‍👧🇩🇪键盘🔑👍🏽é", 8, stringWidth), "👨‍👩‍👧…🔑👍🏽é");
  for (const text of [url, "键盘".repeat(20), "👨‍👩‍👧🇩🇪".repeat(9), "e\u0301".repeat(40)]) {
    for (let width = 1; width < 40; width++) {
      assert(stringWidth(cutMiddle(text, width, stringWidth)) <= width, `${text} ${width}`);
    }
  }
});

Deno.test("formatColumns() aligns what a terminal shows", async () => {
  const names = ["a", "键盘", "🇩🇪", "👨‍👩‍👧 family", `https://host.example/${"x".repeat(60)}/end`];
  const lines = (await formatColumns(names.map((name) => [name, "user"]), 40)).trimEnd().split(
    "\n",
  );
  const starts = lines.map((line) => stringWidth(line.slice(0, line.lastIndexOf("user"))));
  assertEquals(starts, Array(names.length).fill(36));
  assert(lines.at(-1)?.includes("/end  user"));
});

Deno.test("formatColumns() cuts nothing where no terminal is", async () => {
  const long = "x".repeat(200);
  assertEquals(
    await formatColumns([[long, "a"], ["🔑", "b"]]),
    `${long}  a\n🔑${" ".repeat(60)}b\n`,
  );
});

// The parts of the benchmark that only reckon.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { compare, describe } from "../../bench/instrument/compare.ts";
import type { Measurement, Results } from "../../bench/instrument/results.ts";
import { callsFor } from "../../bench/instrument/rounds.ts";
import { median, summarize, type Summary, threeDigits } from "../../bench/instrument/statistics.ts";
import { replaceBetweenMarkers, tables } from "../../bench/instrument/table.ts";

function summary(median: number): Summary {
  return { median, min: median / 2, max: median * 2, rounds: 5 };
}

function row(name: Measurement["case"], medians: Record<string, number>): Measurement {
  const parties = Object.entries(medians).map(([id, median]) => [id, summary(median)] as const);
  return { case: name, entries: 10, unit: "ns", parties: Object.fromEntries(parties) };
}

function results(...measurements: Measurement[]): Results {
  return {
    version: 1,
    system: "linux",
    date: "2026-01-02T03:04:05.000Z",
    seconds: 100,
    machine: { cpu: "Made-up CPU", cores: 2, memoryBytes: 8 * 2 ** 30, kernel: "6.0" },
    versions: { deno: "2.0.0" },
    parties: { floor: "bare secret-tool", ours: "os-keyring", bun: "Bun.secrets" },
    measurements,
  };
}

Deno.test("median() is the middle value, or the mean of the middle two", () => {
  assertEquals(median([3, 1, 2]), 2);
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(median([10, 9]), 9.5);
  assertThrows(() => median([]), RangeError);
});

Deno.test("summarize() keeps the range, and does not reorder its input", () => {
  const values = [5, 1, 9];
  assertEquals(summarize(values), { median: 5, min: 1, max: 9, rounds: 3 });
  assertEquals(values, [5, 1, 9]);
});

Deno.test("threeDigits() writes numbers of all sizes", () => {
  assertEquals([1234.5, 123.4, 12.34, 1.234, 0.0126].map(threeDigits), [
    "1235",
    "123",
    "12.3",
    "1.23",
    "0.013",
  ]);
});

Deno.test("callsFor() fills a round, with one call at least", () => {
  assertEquals(callsFor(1e6, 80e6), 80);
  assertEquals(callsFor(1e9, 80e6), 1);
  assertEquals(callsFor(1, 80e6), 1000);
});

Deno.test("compare() tells ratios to the floor, now and before", () => {
  const now = results(row("get", { floor: 10, ours: 12 }), row("set", { floor: 10, ours: 40 }));
  const before = results(row("get", { floor: 100, ours: 100 }));
  assertEquals(compare(now, before), [
    { case: "get", ns: 12, ratio: 1.2, stored: 1 },
    { case: "set", ns: 40, ratio: 4, stored: undefined },
  ]);
});

Deno.test("compare() leaves out what has no floor, and what is no time", () => {
  const memory: Measurement = { ...row("peak-memory", { floor: 1, ours: 2 }), unit: "bytes" };
  assertEquals(compare(results(memory, row("at-once", { ours: 2 })), undefined), []);
});

Deno.test("describe() writes a comparison as a line", () => {
  assertEquals(
    describe({ case: "get", ns: 12_340, ratio: 1.1, stored: 1 }),
    "get                12.3 µs  1.10 × the floor (1.00 stored, +10 %)",
  );
  assertStringIncludes(describe({ case: "get", ns: 2e6, ratio: 0.9, stored: 1 }), "2.00 ms");
  assertStringIncludes(describe({ case: "get", ns: 1, ratio: 0.9, stored: 1 }), "−10 %");
  assertStringIncludes(
    describe({ case: "get", ns: 1, ratio: 1, stored: undefined }),
    "none stored",
  );
});

Deno.test("tables() has a row for each party and a dash for what it cannot do", () => {
  const text = tables(results(
    row("get", { floor: 10e6, ours: 11e6, bun: 0.5e6 }),
    row("list", { floor: 10e6, ours: 20e6 }),
    row("cold-get", { ours: 70e6 }),
  ));
  assertStringIncludes(text, "|  | get | list all |");
  assertStringIncludes(text, "| os-keyring | **11.0** 5.50–22.0 | **20.0** 10.0–40.0 |");
  assertStringIncludes(text, "| Bun.secrets | **0.500** 0.250–1.00 | – |");
  assertStringIncludes(text, "|  | whole process, ms |");
  assertStringIncludes(text, "2026-01-02, 100 s, on Made-up CPU, 2 cores, 8 GiB, Linux 6.0");
});

Deno.test("replaceBetweenMarkers() replaces that part of a page and no other", () => {
  const page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
  const once = replaceBetweenMarkers(page, "x", "new");
  assertEquals(once, "a\n<!-- begin x -->\n\nnew\n\n<!-- end x -->\nb\n");
  assertEquals(replaceBetweenMarkers(once, "x", "new"), once);
  assertThrows(() => replaceBetweenMarkers(page, "y", "new"), Error, "no markers");
});

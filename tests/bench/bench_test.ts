// The parts of the benchmark that only reckon.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  compare,
  describe,
  describeAgreement,
  differences,
} from "../../bench/instrument/compare.ts";
import { parseOptions } from "../../bench/instrument/main.ts";
import { type Measurement, measurement, type Results } from "../../bench/instrument/results.ts";
import { callsFor } from "../../bench/instrument/rounds.ts";
import { withRounds } from "../../bench/instrument/scope.ts";
import { median, summarize, threeDigits } from "../../bench/instrument/statistics.ts";
import { growthTable, replaceBetweenMarkers, tables } from "../../bench/instrument/table.ts";

function row(
  name: Measurement["case"],
  medians: Record<string, number>,
  entries = 10,
): Measurement {
  const rounds = Object.entries(medians).map(([id, value]) =>
    [id, [value, value / 2, value * 2]] as const
  );
  return measurement({ case: name, entries, unit: "ns" }, new Map(rounds));
}

function results(...measurements: Measurement[]): Results {
  return {
    version: 1,
    system: "linux",
    date: "2026-01-02T03:04:05.000Z",
    seconds: 100,
    machine: { cpu: "Made-up CPU", cores: 2, memoryBytes: 8 * 2 ** 30, kernel: "6.0" },
    versions: { deno: "2.0.0" },
    parties: {
      floor: "bare secret-tool",
      ours: "os-keyring",
      bun: "Bun.secrets",
      deno: "an empty script in Deno",
    },
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

Deno.test("measurement() compares each round with that of the base", () => {
  const rounds = new Map([["floor", [10, 100]], ["ours", [12, 150, 9]], ["slow", [50]]]);
  const { parties, ratios } = measurement({ case: "get", entries: 10, unit: "ns" }, rounds);
  assertEquals(parties.ours, { median: 12, min: 9, max: 150, rounds: 3 });
  assertEquals(ratios, { ours: 1.35, slow: 5 });
});

Deno.test("measurement() compares whole processes with the start of Deno", () => {
  const rounds = new Map([["floor", [1]], ["deno", [10]], ["ours", [20]]]);
  const { ratios } = measurement({ case: "cold-get", entries: 10, unit: "ns" }, rounds);
  assertEquals(ratios, { floor: 0.1, ours: 2 });
});

Deno.test("measurement() without a floor compares with this library", () => {
  const rounds = new Map([["ours", [2]], ["bun", [1]]]);
  const { ratios } = measurement({ case: "import", entries: 10, unit: "ns" }, rounds);
  assertEquals(ratios, { bun: 0.5 });
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

Deno.test("describeAgreement() names what two runs differ in most", () => {
  const now = results(row("get", { floor: 10, ours: 11, bun: 5 }), row("set", { ours: 1, bun: 3 }));
  const before = results(
    row("get", { floor: 5, ours: 5, bun: 5 }),
    row("set", { ours: 1, bun: 3 }),
  );
  assertEquals(differences(now, before).map(({ party }) => party), ["bun", "ours", "bun"]);
  assertEquals(
    describeAgreement(now, before),
    "largest difference of a ratio of os-keyring +10 % (os-keyring, get, 10 entries), " +
      "of all +100 % (Bun.secrets, get, 10 entries); 2 of 3 within 20 %",
  );
  const [none] = [results()];
  assertStringIncludes(describeAgreement(now, none), "of all none; 0 of 0");
});

Deno.test("growthTable() has a column for each number of entries", () => {
  const text = growthTable(results(
    row("get", { floor: 10e6, ours: 11e6 }),
    row("get", { floor: 10e6, ours: 30e6 }, 10_000),
    row("list", { ours: 5e6 }, 10_000),
  ));
  assertStringIncludes(text, "|  | 10 | 10,000 |");
  assertStringIncludes(text, "| get | **11.0** 1.10 × | **30.0** 3.00 × |");
  assertStringIncludes(text, "| list all | – | **5.00** – |");
});

Deno.test("parseOptions() reads stores and rounds, and refuses the rest", () => {
  assertEquals(parseOptions([]), {});
  assertEquals(parseOptions(["--only=wine", "--rounds=2", "--only=file"]), {
    systems: ["wine", "file"],
    rounds: 2,
  });
  for (const arg of ["--only=mars", "--rounds=0", "--rounds=x", "wine", ""]) {
    assertThrows(() => parseOptions([arg]), TypeError, "Unknown option");
  }
});

Deno.test("withRounds() adds no kind of round that a run does without", () => {
  const scope = { sizes: [10], cases: [], rounds: 5, startRounds: 0, coldRounds: 15 };
  assertEquals(withRounds(scope, 2), { ...scope, rounds: 2, coldRounds: 2 });
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
    row("cold-get", { ours: 70e6, deno: 20e6 }),
  ));
  assertStringIncludes(text, "|  | get | list all |");
  assertStringIncludes(text, "| os-keyring | **11.0** 5.50–22.0 | **20.0** 10.0–40.0 |");
  assertStringIncludes(text, "| Bun.secrets | **0.500** 0.250–1.00 | – |");
  assertStringIncludes(text, "| os-keyring ÷ bare secret-tool | **1.10** | **2.00** |");
  assertStringIncludes(text, "|  | whole process, ms |");
  assertStringIncludes(text, "| os-keyring ÷ an empty script in Deno | **3.50** |");
  assertStringIncludes(text, "2026-01-02, 100 s, on Made-up CPU, 2 cores, 8 GiB, Linux 6.0");
});

Deno.test("replaceBetweenMarkers() replaces that part of a page and no other", () => {
  const page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n";
  const once = replaceBetweenMarkers(page, "x", "new");
  assertEquals(once, "a\n<!-- begin x -->\n\nnew\n\n<!-- end x -->\nb\n");
  assertEquals(replaceBetweenMarkers(once, "x", "new"), once);
  assertThrows(() => replaceBetweenMarkers(page, "y", "new"), Error, "no markers");
});

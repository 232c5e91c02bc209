import { assertEquals, assertStringIncludes } from "@std/assert";
import { parseHead } from "../../dev/rig/heads.ts";
import type { TestResult } from "../../dev/rig/junit.ts";
import { type Absence, type GroupResult, type Machine, summarize } from "../../dev/rig/report.ts";

const MACHINE: Machine = { ci: true, os: "linux", required: [] };
const DEVELOPER: Machine = { ...MACHINE, ci: false };

/** A group that ran these tests, named as `file:test`. */
function result(group: string, tests: Record<string, TestResult["status"]>): GroupResult {
  const results = Object.entries(tests).map(([path, status]) => {
    const [file = "", name = ""] = path.split(":");
    return { file: `tests/${file}_test.ts`, name, status, seconds: 1 };
  });
  const paths = new Set(results.map(({ file }) => file));
  const files = [...paths].map((path) => parseHead(path, `// @environment ${group}\n`));
  return { group, files, absences: [], results, code: 0, seconds: 2, cpuSeconds: 3 };
}

function without(absence: Partial<Absence>): GroupResult {
  const files = ["tests/a_test.ts", "tests/b_test.ts"];
  const absences = [{ what: "windows", reason: "no root", impossible: false, files, ...absence }];
  return { group: "windows", files: [], absences, results: [], code: 0, seconds: 0 };
}

function counts(groups: GroupResult[], machine = MACHINE): number[] {
  const { passed, failed, skipped } = summarize(groups, machine);
  return [passed, failed, skipped];
}

Deno.test("summarize() adds the groups", () => {
  const unit = result("unit", { "a:1": "passed", "a:2": "failed" });
  assertEquals(counts([unit, result("secret-service", { "cli_x:1": "passed" })]), [2, 1, 0]);
});

Deno.test("summarize() tells each group's time, and the slowest files", () => {
  const [line = ""] =
    summarize([result("unit", { "a:1": "passed", "a:1 > step": "passed" })], MACHINE)
      .lines;
  assertStringIncludes(line, "; 2 s (CPU 3 s); slowest: a_test.ts 1 s");
});

Deno.test("summarize() does not count as skipped what ran in another group", () => {
  const unit = result("unit", { "windows_a:1": "skipped", "windows_a:2": "skipped" });
  const wine = result("windows", { "windows_a:1": "passed", "windows_a:2": "skipped" });
  assertEquals(counts([unit, wine]), [1, 0, 1]);
});

Deno.test("summarize() fails a build machine that skipped a whole file", () => {
  const groups = [result("unit", { "a:1": "skipped" }), result("windows", { "a:1": "skipped" })];
  assertEquals(counts(groups), [0, 1, 1]);
  assertEquals(counts(groups, DEVELOPER), [0, 0, 1]);
});

Deno.test("summarize() lets Windows skip what is for Unix only", () => {
  const windows = { ...MACHINE, os: "windows" };
  assertEquals(counts([result("unit", { "a:1": "skipped" })], windows), [0, 0, 1]);
  assertEquals(counts([result("windows", { "a:1": "skipped" })], windows), [0, 1, 1]);
});

Deno.test("summarize() fails a build machine where something cannot be had", () => {
  assertEquals(counts([without({})]), [0, 1, 2]);
  assertEquals(counts([without({})], DEVELOPER), [0, 0, 2]);
  assertEquals(summarize([without({})], DEVELOPER).lines, [
    "windows: 2 test files left out, without windows: no root",
  ]);
  assertEquals(counts([without({ files: [] })]), [0, 1, 0]);
});

Deno.test("summarize() fails without the impossible only where it was asked for", () => {
  const groups = [without({ impossible: true })];
  assertEquals(counts(groups), [0, 0, 2]);
  assertEquals(counts(groups, { ...MACHINE, required: ["windows"] }), [0, 1, 2]);
  const tool = [without({ what: "tool:x", impossible: true })];
  assertEquals(counts(tool, { ...MACHINE, required: ["windows"] }), [0, 0, 2]);
  assertEquals(counts(groups, { ...DEVELOPER, required: ["windows"] }), [0, 0, 2]);
});

Deno.test("summarize() counts an error outside every test", () => {
  const unit = { ...result("unit", { "a:1": "passed" }), code: 1 };
  assertEquals(counts([unit], DEVELOPER), [1, 1, 0]);
});

Deno.test("summarize() fails a group that ran no test", () => {
  const group = { ...result("linux", { "a:1": "passed" }), results: [] };
  assertEquals(counts([group], DEVELOPER), [0, 1, 0]);
});

Deno.test("summarize() tells the stores of the conformance suite apart", () => {
  const file = "src/testing/conformance.ts";
  const seconds = 1;
  const results: TestResult[] = [
    { file, name: "WindowsKeyring holds", status: "skipped", seconds },
    { file, name: "MacOSKeyring holds", status: "skipped", seconds },
    { file, name: "MemoryKeyring holds", status: "passed", seconds },
  ];
  const unit: GroupResult = { ...result("unit", { "a:1": "passed" }), results };
  assertEquals(counts([unit, { ...unit, group: "windows" }]), [2, 2, 2]);
  assertEquals(counts([unit], { ...MACHINE, os: "windows" }), [1, 1, 2]);
});

import { assertEquals } from "@std/assert";
import type { TestResult } from "../../dev/rig/junit.ts";
import { summarize } from "../../dev/rig/report.ts";
import type { StepName, StepResult } from "../../dev/rig/steps.ts";

const DEVELOPER = { ci: false, os: "linux" };
const MACHINE = { ci: true, os: "linux" };

function result(step: StepName, tests: Record<string, TestResult["status"]>): StepResult {
  const results = Object.entries(tests).map(([path, status]) => {
    const [file = "", name = ""] = path.split(":");
    return { file: `tests/${file}_test.ts`, name, status };
  });
  return { step, results, code: 0 };
}

function counts(steps: StepResult[], machine = MACHINE): number[] {
  const { passed, failed, skipped } = summarize(steps, machine);
  return [passed, failed, skipped];
}

Deno.test("summarize() adds the steps", () => {
  const unit = result("unit", { "a:1": "passed", "a:2": "failed" });
  assertEquals(counts([unit, result("linux", { "cli_x:1": "passed" })]), [2, 1, 0]);
});

Deno.test("summarize() does not count as skipped what ran in another step", () => {
  const unit = result("unit", { "windows_a:1": "skipped", "windows_a:2": "skipped" });
  const wine = result("wine", { "windows_a:1": "passed", "windows_a:2": "skipped" });
  assertEquals(counts([unit, wine]), [1, 0, 1]);
});

Deno.test("summarize() fails a build machine that skipped a whole store", () => {
  const steps = [
    result("unit", { "windows_a:1": "skipped" }),
    result("wine", { "windows_a:1": "skipped" }),
  ];
  assertEquals(counts(steps), [0, 1, 1]);
  assertEquals(counts(steps, DEVELOPER), [0, 0, 1]);
});

Deno.test("summarize() lets a build machine skip another system's store", () => {
  const unit = result("unit", { "macos_a:1": "skipped", "windows_a:1": "skipped" });
  assertEquals(counts([unit]), [0, 0, 2]);
  assertEquals(counts([unit], { ci: true, os: "darwin" }), [0, 1, 2]);
});

Deno.test("summarize() fails a build machine whose rig cannot run", () => {
  const step: StepResult = { step: "wine", results: [], code: 0, unavailable: "no root" };
  assertEquals(counts([step]), [0, 1, 0]);
  assertEquals(counts([step], DEVELOPER), [0, 0, 1]);
  assertEquals(summarize([step], DEVELOPER).lines, ["wine: could not run: no root"]);
});

Deno.test("summarize() counts an error outside every test", () => {
  const unit = { ...result("unit", { "a:1": "passed" }), code: 1 };
  assertEquals(counts([unit], DEVELOPER), [1, 1, 0]);
});

Deno.test("summarize() fails a step that ran no test", () => {
  assertEquals(counts([{ step: "linux", results: [], code: 0 }], DEVELOPER), [0, 1, 0]);
});

Deno.test("summarize() tells the stores of the conformance suite apart", () => {
  const file = "src/testing/conformance.ts";
  const results: TestResult[] = [
    { file, name: "WindowsKeyring holds", status: "skipped" },
    { file, name: "MacOSKeyring holds", status: "skipped" },
    { file, name: "MemoryKeyring holds", status: "passed" },
  ];
  const unit: StepResult = { step: "unit", results, code: 0 };
  assertEquals(counts([unit, { ...unit, step: "wine" }]), [2, 1, 2]);
});

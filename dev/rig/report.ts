/**
 * Adding up what the steps did, without letting a test that ran nowhere pass for one that did.
 *
 * @module
 */

import type { TestResult } from "./junit.ts";
import type { StepName, StepResult } from "./steps.ts";

/** The sum of all steps. */
export interface Summary {
  /** A line for each step and each thing that was not run. */
  lines: string[];
  /** Tests that passed, added over the steps. */
  passed: number;
  /** Tests that failed, and steps that failed without naming a test. */
  failed: number;
  /** Tests that ran in no step, and steps that could not run. */
  skipped: number;
}

/** Where the summary is made. */
export interface Machine {
  /** Whether nothing that this system can run may be skipped. */
  ci: boolean;
  /** The system, as `Deno.build.os` names it. */
  os: string;
}

/** Adds up the steps. */
export function summarize(steps: StepResult[], machine: Machine): Summary {
  const summary: Summary = { lines: [], passed: 0, failed: 0, skipped: 0 };
  const nowhere = ranNowhere(steps);
  for (const step of steps) addStep(summary, step, nowhere, machine.ci);
  const expected = systemsOf(steps.map(({ step }) => step), machine.os);
  for (const [suite, tests] of suitesOf(steps)) {
    const count = tests.filter((test) => nowhere.has(key(test))).length;
    if (count === 0) continue;
    summary.skipped += count;
    const system = systemOf(suite);
    const must = count === tests.length && expected.has(system);
    summary.lines.push(`not run: ${suite}, ${count} of ${tests.length} (${system})`);
    if (machine.ci && must) {
      summary.failed++;
      summary.lines.push(`failed: no test of ${suite} ran, although this machine should run it`);
    }
  }
  return summary;
}

function addStep(summary: Summary, step: StepResult, nowhere: Set<string>, ci: boolean): void {
  if (step.unavailable !== undefined) {
    if (ci) summary.failed++;
    else summary.skipped++;
    summary.lines.push(`${step.step}: could not run: ${step.unavailable}`);
    return;
  }
  const count = (status: string) => step.results.filter((test) => test.status === status).length;
  const failed = count("failed");
  // An error outside every test, such as a type error, is in no report; nor is a lost report.
  const broken = step.results.length === 0 || (step.code !== 0 && failed === 0);
  const unnamed = broken ? 1 : 0;
  summary.passed += count("passed");
  summary.failed += failed + unnamed;
  const elsewhere = step.results.filter((t) => t.status === "skipped" && !nowhere.has(key(t)));
  const ignored = `${count("skipped")} ignored here (${elsewhere.length} ran in another step)`;
  summary.lines.push(
    `${step.step}: ${count("passed")} passed, ${failed + unnamed} failed, ${ignored}` +
      (unnamed ? `; deno test ended with ${step.code}` : ""),
  );
}

function key({ file, name }: TestResult): string {
  return `${file}\n${name}`;
}

/** The tests that every step which knows them ignored. */
function ranNowhere(steps: StepResult[]): Set<string> {
  const all = steps.flatMap(({ results }) => results);
  const ran = new Set(all.filter(({ status }) => status !== "skipped").map(key));
  return new Set(all.map(key).filter((test) => !ran.has(test)));
}

/** Each suite's tests, once each, whatever number of steps ran them. */
function suitesOf(steps: StepResult[]): Map<string, TestResult[]> {
  const unique = new Map<string, TestResult>();
  for (const test of steps.flatMap(({ results }) => results)) unique.set(key(test), test);
  return Map.groupBy(unique.values(), suiteOf);
}

/** A file is a suite, except where several stores run the same file: the name begins with theirs. */
function suiteOf({ file, name }: TestResult): string {
  return file.startsWith("src/testing/") ? `conformance of ${name.split(" ", 1)[0]}` : file;
}

/** The system whose store a suite needs, by its name. */
function systemOf(suite: string): string {
  if (/[/ ](secret_?service|linux)/i.test(suite)) return "Linux";
  if (/[/ ]windows/i.test(suite)) return "Windows";
  if (/[/ ]wine/i.test(suite)) return "Wine";
  return /[/ ](macos|keychain)/i.test(suite) ? "macOS" : "any system";
}

/** The systems whose tests must have run after these steps. */
function systemsOf(steps: StepName[], os: string): Set<string> {
  const systems = new Set<string>();
  if (steps.includes("linux")) systems.add("Linux");
  if (steps.includes("wine")) systems.add("Windows").add("Wine");
  if (steps.includes("unit")) {
    // Windows has nothing of what the tests of Unix tools need.
    if (os !== "windows") systems.add("any system");
    if (os === "windows") systems.add("Windows");
    if (os === "darwin") systems.add("macOS");
  }
  return systems;
}

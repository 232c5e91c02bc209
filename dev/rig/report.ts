/**
 * Adding up what the groups did, without letting a test that ran nowhere pass for one that did.
 *
 * @module
 */

import type { TestFile } from "./heads.ts";
import type { TestResult } from "./junit.ts";

/** Something that could not be had, and the test files that did not run for it. */
export interface Absence {
  /** An environment, a program or a tool. */
  what: string;
  reason: string;
  /** Whether this machine, or this user, can never have it. */
  impossible: boolean;
  files: string[];
}

/** What came of a group. */
export interface GroupResult {
  group: string;
  /** The files that ran. */
  files: TestFile[];
  absences: Absence[];
  /** What each test did. */
  results: TestResult[];
  /** The exit code of `deno test`. */
  code: number;
  seconds: number;
  /** Time of the processors, children included; not on Windows. */
  cpuSeconds?: number;
}

/** The sum of all groups. */
export interface Summary {
  /** A line for each group and each thing that was not run. */
  lines: string[];
  /** Tests that passed, added over the groups. */
  passed: number;
  /** Tests that failed, and groups that failed without naming a test. */
  failed: number;
  /** Tests that ran in no group, and test files that could not run. */
  skipped: number;
}

/** Where the summary is made. */
export interface Machine {
  /** Whether nothing that this machine can run may be skipped. */
  ci: boolean;
  /** The system, as `Deno.build.os` names it. */
  os: string;
  /** Groups that must run even where that seems impossible: those that were asked for by name. */
  required: readonly string[];
}

/** Adds up the groups. */
export function summarize(groups: GroupResult[], machine: Machine): Summary {
  const summary: Summary = { lines: [], passed: 0, failed: 0, skipped: 0 };
  const nowhere = ranNowhere(groups);
  for (const group of groups) {
    if (group.files.length > 0) addGroup(summary, group, nowhere);
    for (const absence of group.absences) {
      summary.skipped += absence.files.length;
      summary.lines.push(
        `${group.group}: ${absence.files.length} test files left out, without ${absence.what}: ` +
          absence.reason,
      );
      const isRequired = absence.what === group.group && machine.required.includes(absence.what);
      if (machine.ci && (isRequired || !absence.impossible)) summary.failed++;
    }
  }
  const files = new Map(groups.flatMap((group) => group.files.map((file) => [file.path, file])));
  for (const [suite, tests] of suitesOf(groups)) {
    const count = tests.filter((test) => nowhere.has(key(test))).length;
    if (count === 0) continue;
    summary.skipped += count;
    summary.lines.push(`not run: ${suite}, ${count} of ${tests.length}`);
    if (machine.ci && count === tests.length && mustRun(suite, files.get(suite), machine.os)) {
      summary.failed++;
      summary.lines.push(`failed: no test of ${suite} ran, although this machine should run it`);
    }
  }
  return summary;
}

function addGroup(summary: Summary, group: GroupResult, nowhere: Set<string>): void {
  const count = (status: string) => group.results.filter((test) => test.status === status).length;
  const failed = count("failed");
  // An error outside every test, such as a type error, is in no report; nor is a lost report.
  const broken = group.results.length === 0 || (group.code !== 0 && failed === 0);
  const unnamed = broken ? 1 : 0;
  summary.passed += count("passed");
  summary.failed += failed + unnamed;
  const elsewhere = group.results.filter((t) => t.status === "skipped" && !nowhere.has(key(t)));
  const ignored = `${count("skipped")} ignored (${elsewhere.length} ran in another group)`;
  summary.lines.push(
    `${group.group}: ${count("passed")} passed, ${failed + unnamed} failed, ${ignored}` +
      (unnamed ? `; deno test ended with ${group.code}` : "") +
      `; ${timesOf(group)}; slowest: ${slowest(group.results)}`,
  );
}

/** The time by the clock, and that of the processors. */
export function timesOf(
  { seconds, cpuSeconds }: Pick<GroupResult, "seconds" | "cpuSeconds">,
): string {
  const wall = `${Math.round(seconds)} s`;
  return cpuSeconds === undefined ? wall : `${wall} (CPU ${Math.round(cpuSeconds)} s)`;
}

function slowest(results: TestResult[]): string {
  const sums = new Map<string, number>();
  for (const { file, name, seconds } of results) {
    // The time of a step is in that of its test.
    if (!name.includes(" > ")) sums.set(file, (sums.get(file) ?? 0) + seconds);
  }
  return [...sums].sort(([, a], [, b]) => b - a).slice(0, 3)
    .map(([file, sum]) => `${file.replace(/^tests\//, "")} ${Math.round(sum)} s`).join(", ");
}

function key({ file, name }: TestResult): string {
  return `${file}\n${name}`;
}

/** The tests that every group which knows them ignored. */
function ranNowhere(groups: GroupResult[]): Set<string> {
  const all = groups.flatMap(({ results }) => results);
  const ran = new Set(all.filter(({ status }) => status !== "skipped").map(key));
  return new Set(all.map(key).filter((test) => !ran.has(test)));
}

/** Each suite's tests, once each, whatever number of groups ran them. */
function suitesOf(groups: GroupResult[]): Map<string, TestResult[]> {
  const unique = new Map<string, TestResult>();
  for (const test of groups.flatMap(({ results }) => results)) unique.set(key(test), test);
  return Map.groupBy(unique.values(), suiteOf);
}

/** A file is a suite, except where several stores run the same file: the name begins with theirs. */
function suiteOf({ file, name }: TestResult): string {
  return file.startsWith("src/testing/") ? `conformance of ${name.split(" ", 1)[0]}` : file;
}

/** Windows runs everything, but has little of what the tests of Unix tools need. */
function mustRun(suite: string, file: TestFile | undefined, os: string): boolean {
  if (os !== "windows") return true;
  return file ? file.environments.includes("windows") : /windows/i.test(suite);
}

// docs/testing.md: what it says of where a test runs is what the test's head, its text and the
// workflow say.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { isParty, type TestFile, testFiles } from "../dev/rig/heads.ts";
import { readDocument } from "./support/markdown.ts";

const DOCUMENT = await readDocument("docs/testing.md");
const WORKFLOW = await readDocument(".github/workflows/ci.yml");
const FILES = new Map((await testFiles()).map((file) => [file.path, file]));

interface Row {
  promise: string;
  /** The test files, and the jobs of the workflow as `job NAME`. */
  tests: string[];
  marks: Record<string, string>;
}

/** The rows of the table below a heading that names tests. */
function rowsOf(heading: string): Row[] {
  const [, section = ""] = DOCUMENT.split(`\n### ${heading}\n`);
  const lines = section.trim().split("\n");
  const table = lines.slice(0, lines.findIndex((line) => !line.startsWith("|")));
  const [head = [], , ...rows] = table.map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
  assertEquals(head.slice(0, 2), ["Promise", "Test"]);
  return rows.map(([promise = "", tests = "", ...marks]) => ({
    promise,
    tests: [...tests.matchAll(/(job )?`([^`]+)`/g)].map(([, job = "", name]) =>
      job ? `job ${name}` : `tests/${name}`
    ),
    marks: Object.fromEntries(marks.map((mark, index) => [head[index + 2] ?? "", mark])),
  }));
}

const WINDOWS = rowsOf("Windows");
const MACOS = rowsOf("macOS");

function fileOf(path: string): TestFile {
  const file = FILES.get(path);
  assert(file, `there is no ${path}`);
  return file;
}

/** The groups of a tier that the workflow runs on a system. */
function groupsOn(system: string, tier: "test" | "test:parties"): string[] {
  const task = new RegExp(`deno task ${tier} --only=(\\S+(?: matrix\\.groups }})?)(\n +if: .*)?`);
  const [, only = "", condition = ""] = task.exec(WORKFLOW) ?? [];
  if (condition) assertStringIncludes(condition, "runner.os != 'Linux'");
  const row = new RegExp(`os: ${system}-latest, groups: "?([\\w,-]+)`);
  return (only.startsWith("$") ? row.exec(WORKFLOW)?.[1] ?? "" : only).split(",");
}

/** Whether a job runs the file on that system, by its head. */
function runsOn(system: "windows" | "macos", file: TestFile): boolean {
  const groups = groupsOn(system, isParty(file) ? "test:parties" : "test");
  return file.environments.some((name) => groups.includes(name === system ? "unit" : name));
}

Deno.test("docs/testing.md names tests and jobs that there are, and marks each row", () => {
  assert(WINDOWS.length > 30 && MACOS.length > 15, `${WINDOWS.length}, ${MACOS.length}`);
  for (const { promise, tests, marks } of [...WINDOWS, ...MACOS]) {
    assert(tests.length > 0, promise);
    assert(Object.values(marks).some((mark) => mark !== ""), promise);
    for (const mark of Object.values(marks)) assertMatch(mark, /^(yes|only|)$/, promise);
    for (const test of tests) {
      if (!test.startsWith("job ")) fileOf(test);
      else assertMatch(WORKFLOW, new RegExp(`^  ${test.slice(4)}:$`, "m"));
    }
  }
});

Deno.test("what docs/testing.md says of a real system, a job runs there", () => {
  for (const [system, rows] of [["windows", WINDOWS], ["macos", MACOS]] as const) {
    const column = system === "windows" ? "Windows" : "macOS";
    for (const { promise, tests, marks } of rows) {
      if (marks[column] === "") continue;
      for (const test of tests) {
        const shown = `${test}, ${system}: ${promise}`;
        if (test.startsWith("job ")) assertStringIncludes(WORKFLOW, `os: ${system}-latest, shell`);
        else assert(runsOn(system, fileOf(test)), shown);
      }
    }
  }
});

Deno.test("what docs/testing.md says of Wine, the memory and the simulator is so", async () => {
  for (const { promise, tests, marks } of WINDOWS) {
    for (const test of tests.filter((test) => test.startsWith("tests/"))) {
      const { environments } = fileOf(test);
      const shown = `${test}: ${promise}`;
      if (marks["Wine"]) assert(environments.includes("windows"), shown);
      if (marks["Memory"]) assert(environments.includes("unit"), shown);
      // What no Linux machine can run says so itself.
      if (marks["Windows"] === "only") {
        assertMatch(await readDocument(test), /NOT_ON_WINE|ON_WINE/, shown);
      }
    }
  }
  for (const { promise, tests, marks } of MACOS) {
    for (const test of tests.filter((test) => test.startsWith("tests/"))) {
      const shown = `${test}: ${promise}`;
      if (marks["macOS"] === "only") assertEquals(fileOf(test).environments, ["macos"], shown);
      if (marks["Simulator"]) assertEquals(fileOf(test).environments.includes("unit"), true, shown);
    }
  }
});

Deno.test("docs/testing.md has every test of Windows and macOS, and a job runs it there", () => {
  const named = new Set([...WINDOWS, ...MACOS].flatMap(({ tests }) => tests));
  for (const file of FILES.values()) {
    const systems = (["windows", "macos"] as const).filter((name) =>
      file.environments.includes(name)
    );
    const isOfOne = systems.length > 0 || /\/(windows|macos)(\/|_test\.ts$)/.test(file.path);
    assert(!isOfOne || named.has(file.path), file.path);
    for (const system of systems) assert(runsOn(system, file), `${file.path}, ${system}`);
  }
});

Deno.test("docs/testing.md has every environment", async () => {
  const [, layout = ""] = DOCUMENT.split("| Environment ");
  for (const name of new Set([...FILES.values()].flatMap(({ environments }) => environments))) {
    assertStringIncludes(layout, `\`${name}\``);
  }
  for await (const { name } of Deno.readDir(new URL("../dev/environments", import.meta.url))) {
    const environment = name.replace(/\.ts$/, "").replaceAll("_", "-");
    if (environment !== "unit-alone") assertStringIncludes(layout, `\`${environment}\``);
  }
});

Deno.test("the workflow tests with the oldest Deno that README names, and runs the gate", async () => {
  const [, oldest] = /Deno (\d+\.\d+) or newer/.exec(await readDocument("README.md")) ?? [];
  assertMatch(WORKFLOW, new RegExp(`deno: \\["${oldest}\\.0", v2\\.x\\]`));
  assertStringIncludes(WORKFLOW, "bash .ci/run");
  const gate = await readDocument(".ci/run");
  for (const task of ["task test", "task test:parties"]) assertStringIncludes(gate, `${task}\n`);
});

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

/** The test files of a row, those of its folders included. */
function filesOf({ tests }: Row): TestFile[] {
  return tests.filter((test) => !test.startsWith("job ")).flatMap((test) => {
    const files = [...FILES.values()].filter(({ path }) =>
      test.endsWith("/") ? path.startsWith(test) : path === test
    );
    assert(files.length > 0, `there is no ${test}`);
    return files;
  });
}

/** Those that a row names itself: of a folder, some may not run there. */
function namedIn(row: Row): TestFile[] {
  return filesOf(row).filter(({ path }) => row.tests.includes(path));
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
  for (const row of [...WINDOWS, ...MACOS]) {
    const marks = Object.values(row.marks);
    assert(marks.some((mark) => mark !== ""), row.promise);
    for (const mark of marks) assertMatch(mark, /^(yes|only|)$/, row.promise);
    const jobs = row.tests.filter((test) => test.startsWith("job "));
    for (const job of jobs) assertMatch(WORKFLOW, new RegExp(`^  ${job.slice(4)}:$`, "m"));
    assert(filesOf(row).length + jobs.length > 0, row.promise);
  }
});

Deno.test("what docs/testing.md says of a real system, a job runs there", () => {
  for (const [system, rows] of [["windows", WINDOWS], ["macos", MACOS]] as const) {
    for (const row of rows) {
      if (row.marks[system === "windows" ? "Windows" : "macOS"] === "") continue;
      for (const file of namedIn(row)) assert(runsOn(system, file), `${file.path}, ${system}`);
      if (row.tests.includes("job command")) {
        assertStringIncludes(WORKFLOW, `os: ${system}-latest, shell`);
      }
    }
  }
});

Deno.test("what docs/testing.md says of Wine, the memory and the simulator is so", async () => {
  for (const row of [...WINDOWS, ...MACOS]) {
    const { Wine, Memory, Simulator, Windows, macOS } = row.marks;
    for (const { path, environments } of namedIn(row)) {
      if (Wine) assert(environments.includes("windows"), path);
      if (Memory || Simulator) assert(environments.includes("unit"), path);
      if (macOS === "only") assertEquals(environments, ["macos"], path);
      // What Wine cannot run says so itself.
      if (Windows === "only") assertMatch(await readDocument(path), /\b(NOT_)?ON_WINE\b/, path);
    }
  }
});

Deno.test("docs/testing.md has every test of Windows and macOS, and a job runs it there", () => {
  const named = [...WINDOWS, ...MACOS].flatMap(filesOf);
  for (const file of FILES.values()) {
    const systems = (["windows", "macos"] as const).filter((name) =>
      file.environments.includes(name)
    );
    const isOfOne = systems.length > 0 || /\/(windows|macos)(\/|_test\.ts$)/.test(file.path);
    assert(!isOfOne || named.includes(file), file.path);
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
  const readme = await readDocument("README.md");
  const named = /Deno (\d+\.\d+)(\.\d+)? or newer/.exec(readme) ?? [];
  const oldest = `${named[1]}${named[2] ?? ".0"}`;
  const name = `${named[1]}${named[2] ?? ""}`;
  assertStringIncludes(readme, `badge/Deno-${name}%2B-`);
  assertStringIncludes(await readDocument("docs/linux.md"), `Deno ${name} or newer`);
  assertStringIncludes(WORKFLOW, `deno: ["${oldest}", v2.x]`);
  assertMatch(DOCUMENT, new RegExp(`Job \`test\` does so with\\s+Deno\\s+${oldest} `));
  assertStringIncludes(WORKFLOW, "bash .ci/run");
  const gate = await readDocument(".ci/run");
  for (const task of ["task test", "task test:parties"]) assertStringIncludes(gate, `${task}\n`);
});

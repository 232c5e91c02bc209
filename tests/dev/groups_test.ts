// @environment linux

import { assert, assertEquals } from "@std/assert";
import { type Group, prepareGroups } from "../../dev/rig/groups.ts";
import { parseHead } from "../../dev/rig/heads.ts";
import { RigUnavailableError } from "../../dev/rig/process.ts";
import { cpuSeconds, runGroup } from "../../dev/rig/run_group.ts";

const SILENT = {
  variables: {},
  turn: { write: async () => {}, end: async () => {} },
};

function group(name: string, ...heads: string[]): Group {
  const files = heads.map((head, index) => parseHead(`tests/${index}_test.ts`, `${head}\n`));
  return { name, files, absences: [], tools: [] };
}

Deno.test("cpuSeconds() takes the children's time", () => {
  assertEquals(cpuSeconds("0m0.01s 0m9s\n1m2.5s 0m0.25s\n"), 62.75);
  assertEquals(cpuSeconds(""), undefined);
});

Deno.test("runGroup() counts the time of a command and its children", async () => {
  const busy = "i=0; while [ $i -lt 1000000 ]; do i=$((i + 1)); done";
  const work = group("busy", "");
  work.environment = {
    title: "a shell",
    systems: ["linux"],
    prepare: async () => {},
    command: () => ({ command: ["sh", "-c", busy] }),
  };
  const { code, seconds, cpuSeconds = 0 } = await runGroup(work, SILENT);
  assertEquals(code, 0);
  assert(seconds > 0.1 && cpuSeconds > 0.1, `${seconds} s, CPU ${cpuSeconds} s`);
});

Deno.test("runGroup() ends although the command left a program behind", async () => {
  const work = group("left", "");
  work.environment = {
    title: "a shell",
    systems: ["linux"],
    prepare: async () => {},
    command: () => ({ command: ["sh", "-c", "sleep 60 & exit 3"] }),
  };
  const { code, seconds } = await runGroup(work, SILENT);
  assertEquals(code, 3);
  assert(seconds < 45, `${seconds} s`);
});

Deno.test("prepareGroups() leaves out what needs another system", async () => {
  const groups = [group("macos", "")];
  await prepareGroups(groups);
  const [absence] = groups[0]?.absences ?? [];
  assertEquals([groups[0]?.files.length, absence?.impossible], [0, true]);
});

Deno.test("prepareGroups() leaves out files, and no others, whose needs cannot be met", async () => {
  const work = group("unit", "// @needs a", "// @uses b", "// @needs c");
  const reason = new RigUnavailableError("there is no network");
  await prepareGroups([work], () => Promise.resolve(new Map([["a", reason], ["b", reason]])));
  assertEquals(work.files.map(({ path }) => path), ["tests/1_test.ts", "tests/2_test.ts"]);
  assertEquals(work.absences, [
    { what: "a", reason: "there is no network", impossible: false, files: ["tests/0_test.ts"] },
    { what: "b", reason: "there is no network", impossible: false, files: [] },
  ]);
});

/**
 * Running a group of test files, and measuring it.
 *
 * @module
 */

import { REPOSITORY, withRunFolder } from "./cache.ts";
import { variablesWithoutDesktop } from "./environment.ts";
import type { Group } from "./groups.ts";
import { parseJUnit } from "./junit.ts";
import { run } from "./process.ts";
import type { GroupResult } from "./report.ts";
import type { Turn } from "./turns.ts";

/** How a group is run. */
export interface GroupOptions {
  variables: Record<string, string>;
  turn: Turn;
}

/** Runs a group; it prints when it is its turn. */
export async function runGroup(group: Group, options: GroupOptions): Promise<GroupResult> {
  const { name, environment, files, absences, tools } = group;
  const result: GroupResult = { group: name, files, absences, results: [], code: 0, seconds: 0 };
  const { turn, ...rest } = options;
  if (!environment || files.length === 0) {
    await turn.end();
    return result;
  }
  const print = (text: string) => turn.write(new TextEncoder().encode(text));
  await print(`\n--- ${name}: ${files.length} test files, ${environment.title} ---\n`);
  await withRunFolder(async (folder) => {
    const start = performance.now();
    const paths = files.map(({ path }) => path);
    const { command, env, stopSignal } = await environment.command({
      files: paths,
      folder,
      tools,
      ...rest,
    });
    const [program = "", ...args] = timed(command, `${folder}/times`, stopSignal);
    result.code = await run(program, args, {
      cwd: REPOSITORY,
      env: { ...variablesWithoutDesktop(), ...env },
      clearEnv: true,
      group: true,
      output: (chunk) => turn.write(chunk),
      ...(stopSignal && { stopSignal }),
    });
    result.results = parseJUnit(await readText(`${folder}/junit.xml`));
    result.seconds = (performance.now() - start) / 1000;
    const cpu = cpuSeconds(await readText(`${folder}/times`));
    if (cpu !== undefined) result.cpuSeconds = cpu;
  }).finally(() => turn.end());
  return result;
}

function readText(path: string): Promise<string> {
  return Deno.readTextFile(path).catch(() => "");
}

// The shell's `times` also counts what the command's children used.
const TIMED = 'file=$1; shift; "$@" 2>&1; code=$?; times >"$file"; exit $code';

function timed(command: string[], file: string, stopSignal?: Deno.Signal): string[] {
  if (Deno.build.os === "windows") return command;
  const shell = ["sh", "-c", TIMED, "sh", file, ...command];
  // A command that only SIGKILL stops must not outlive this process.
  return stopSignal === "SIGKILL" ? ["setpriv", "--pdeathsig", "KILL", ...shell] : shell;
}

/** Adds up what `times` printed, as `1m2.5s`; the second line is that of the children. */
export function cpuSeconds(times: string): number | undefined {
  const [, children] = times.trim().split("\n");
  const parts = [...(children ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length === 0) return undefined;
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  );
}

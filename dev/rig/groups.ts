/**
 * Groups of test files, all those of one environment each, and preparing what they need.
 *
 * @module
 */

import { installMissing } from "./debian.ts";
import { type Environment, environmentOf, loadEnvironment } from "./environment.ts";
import type { Need, TestFile } from "./heads.ts";
import { announce, RigUnavailableError } from "./process.ts";
import type { Absence } from "./report.ts";
import { prepareTool, type Tool } from "./tools.ts";

/** Test files, and all that they need. */
export interface Group {
  /** The environment's name. */
  name: string;
  environment?: Environment;
  /** The files that can run. */
  files: TestFile[];
  /** What cannot be had. */
  absences: Absence[];
  tools: Tool[];
}

/** Puts each file into the group of each of its environments. */
export function groupFiles(files: TestFile[]): Group[] {
  const groups = new Map<string, Group>();
  for (const file of files) {
    for (const environment of new Set(file.environments.map(environmentOf))) {
      const name = environment === "unit" && file.alone ? "unit-alone" : environment;
      const group = groups.get(name) ?? { name, files: [], absences: [], tools: [] };
      groups.set(name, group);
      group.files.push(file);
    }
  }
  const order = ({ name }: Group) => name.startsWith("unit") ? 0 : name === "windows" ? 2 : 1;
  return [...groups.values()].sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1));
}

/** Makes what takes long, and takes out of a group what cannot run here. */
export async function prepareGroups(groups: Group[], install = installMissing): Promise<void> {
  for (const group of groups) {
    const environment = await loadEnvironment(group.name);
    const problem = environment
      ? await problemOf(() => environment.prepare(group.files))
      : new RigUnavailableError(`this is not ${group.name}`, { impossible: true });
    if (environment && !problem) group.environment = environment;
    else leaveOut(group, group.name, problem, () => true);
  }
  // What runs under Wine has no use for the programs of this system.
  const native = groups.filter(({ name }) => name !== "windows");
  const missing = Deno.build.os === "windows"
    ? new Map<string, RigUnavailableError>()
    : await install(needsOf(native).filter(({ name }) => !name.startsWith("tool:")));
  for (const [name, problem] of missing) {
    for (const group of native) leaveOut(group, name, problem, isNeeding(name));
  }
  for (const { name } of needsOf(groups).filter(({ name }) => name.startsWith("tool:"))) {
    await addTool(groups, name);
  }
}

async function addTool(groups: Group[], need: string): Promise<void> {
  const tools: Tool[] = [];
  const problem = await problemOf(async () => {
    tools.push(await prepareTool(need.slice("tool:".length)));
  });
  for (const group of groups) {
    if (!group.files.some(isNeeding(need))) continue;
    group.tools.push(...tools);
    if (problem) leaveOut(group, need, problem, isNeeding(need));
  }
}

function needsOf(groups: Group[]): Need[] {
  const needs = new Map<string, Need>();
  for (const file of groups.flatMap(({ files }) => files)) {
    for (const need of [...file.needs, ...file.uses]) needs.set(need.name, need);
  }
  return [...needs.values()];
}

function isNeeding(name: string): (file: TestFile) => boolean {
  return (file) => [...file.needs, ...file.uses].some((need) => need.name === name);
}

/** Notes what is missing, and takes out the files that cannot do without. */
function leaveOut(
  group: Group,
  what: string,
  problem: RigUnavailableError | undefined,
  isConcerned: (file: TestFile) => boolean,
): void {
  const concerned = group.files.filter(isConcerned);
  if (!problem || concerned.length === 0) return;
  const out = concerned.filter(({ uses }) => !uses.some(({ name }) => name === what));
  group.files = group.files.filter((file) => !out.includes(file));
  const files = out.map(({ path }) => path);
  group.absences.push({ what, reason: problem.message, impossible: problem.impossible, files });
  if (problem.impossible) return;
  announce(`${group.name}: ${out.length} test files are left out: ${problem.message}`);
}

async function problemOf(work: () => Promise<void>): Promise<RigUnavailableError | undefined> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RigUnavailableError) return error;
    throw error;
  }
}

/**
 * Runs tests where the heads of their files say (see `dev/rig/heads.ts`), several groups at once:
 *
 * ```sh
 * deno task test                          # all but what needs programs of other parties
 * deno task test:parties                  # these: the files below tests/parties
 * deno task soak                          # those that find more, the longer they run
 * deno task test --only=unit,windows      # only these groups
 * deno task test tests/cli tests/x.ts     # only these files and folders, of any tier
 * ```
 *
 * `--prepare` only makes and fetches what is missing. `--no-check` ignores type errors. The last line is
 * the sum: `N passed, N failed, N skipped`. With `CI=true`, what this machine can run is never skipped.
 *
 * @module
 */

import { type Group, groupFiles, prepareGroups } from "./rig/groups.ts";
import { isParty, type TestFile, testFiles } from "./rig/heads.ts";
import { InterruptedError } from "./rig/process.ts";
import { type GroupResult, summarize, timesOf } from "./rig/report.ts";
import { runGroup } from "./rig/run_group.ts";
import { Turns } from "./rig/turns.ts";
import { checkTypes } from "./rig/type_check.ts";

/** What each tier consists of, and its variables. */
const TIERS: Record<string, { has(file: TestFile): boolean; variables: Record<string, string> }> = {
  test: { has: (file) => !isParty(file), variables: {} },
  parties: { has: isParty, variables: {} },
  soak: { has: ({ soak }) => soak, variables: { KEYRING_TEST_SOAK: "1" } },
};

const BUDGET_SECONDS = 6 * 60;

interface Options {
  tier: string;
  groups: string[];
  paths: string[];
  prepareOnly: boolean;
  check: boolean;
}

function parse(args: string[]): Options {
  const options: Options = { tier: "test", groups: [], paths: [], prepareOnly: false, check: true };
  for (const arg of args) {
    if (arg === "--prepare") options.prepareOnly = true;
    else if (arg === "--no-check") options.check = false;
    else if (arg.startsWith("--only=")) options.groups.push(...arg.slice(7).split(","));
    else if (arg.startsWith("--tier=")) options.tier = arg.slice(7);
    else if (arg.startsWith("-") && arg !== "--") throw new TypeError(`Unknown option "${arg}"`);
    else if (arg !== "--") options.paths.push(arg.replace(/^\.\//, "").replace(/\/$/, ""));
  }
  if (!(options.tier in TIERS)) throw new TypeError(`Unknown tier "${options.tier}"`);
  return options;
}

async function chosenGroups({ tier, groups, paths }: Options): Promise<Group[]> {
  const isNamed = ({ path }: TestFile) => paths.some((p) => path === p || path.startsWith(`${p}/`));
  const isWanted = paths.length > 0 ? isNamed : TIERS[tier]?.has;
  const all = groupFiles((await testFiles()).filter((file) => isWanted?.(file)));
  const unknown = groups.find((name) =>
    !all.some((group) => group.name.replace("unit-alone", "unit") === name)
  );
  if (unknown !== undefined) {
    throw new TypeError(`Unknown group "${unknown}": ${all.map(({ name }) => name).join(", ")}`);
  }
  if (all.length === 0) throw new TypeError(`No test file: ${paths.join(", ")}`);
  if (groups.length === 0) return all;
  return all.filter(({ name }) => groups.includes(name.replace("unit-alone", "unit")));
}

/** Runs the groups side by side. */
async function runGroups(groups: Group[], { tier }: Options): Promise<GroupResult[]> {
  const variables = TIERS[tier]?.variables ?? {};
  const stdout = Deno.stdout.writable.getWriter();
  const turns = new Turns((chunk) => stdout.write(chunk));
  const runs = groups.map((group) => runGroup(group, { variables, turn: turns.begin() }));
  const ended = await Promise.allSettled(runs);
  await stdout.ready;
  stdout.releaseLock();
  return ended.map((end) => {
    if (end.status === "rejected") throw end.reason;
    return end.value;
  });
}

interface Outcome {
  results: GroupResult[];
  areTypesRight: boolean;
}

function report({ results, areTypesRight }: Outcome, { tier, groups }: Options, start: number) {
  const ci = Deno.env.get("CI") === "true";
  const machine = { ci, os: Deno.build.os, required: groups };
  const { lines, passed, skipped, ...sum } = summarize(results, machine);
  const failed = sum.failed + (areTypesRight ? 0 : 1);
  if (!areTypesRight) lines.push("failed: the types are wrong; the errors are above");
  console.log(`\n${lines.join("\n")}`);
  const seconds = (performance.now() - start) / 1000;
  const cpuSeconds = results.reduce((sum, result) => sum + (result.cpuSeconds ?? 0), 0);
  const late = tier !== "soak" && seconds > BUDGET_SECONDS ? `, over ${BUDGET_SECONDS} s` : "";
  console.log(`${tier}: ${timesOf({ seconds, cpuSeconds })}${late}`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
}

async function main(args: string[]): Promise<number> {
  const options = parse(args);
  const groups = await chosenGroups(options);
  const start = performance.now();
  await prepareGroups(groups);
  console.log(`prepared in ${Math.round((performance.now() - start) / 1000)} s`);
  if (options.prepareOnly) return 0;
  const begun = performance.now();
  const areTypesRight = !options.check || await checkTypes(options.paths);
  return report({ results: await runGroups(groups, options), areTypesRight }, options, begun);
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (error instanceof InterruptedError) Deno.exit(130);
    if (!(error instanceof TypeError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}

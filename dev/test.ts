/**
 * Runs every test that this machine can run:
 *
 * ```sh
 * deno task test                   # on this system, in a private desktop session, under Wine
 * deno task test --only=unit,wine  # only these steps
 * ```
 *
 * The last line is the sum: `N passed, N failed, N skipped`.
 *
 * @module
 */

import { InterruptedError } from "./rig/process.ts";
import { summarize } from "./rig/report.ts";
import { runStep, type StepName, type StepResult, STEPS } from "./rig/steps.ts";

const TITLES: Record<StepName, string> = {
  unit: "on this system",
  linux: "in a private session with gnome-keyring",
  wine: "in the Windows build of Deno under Wine",
};

/** The steps to run: those that were named, or those that this system knows. */
function chosenSteps(args: string[]): readonly StepName[] {
  const names: string[] = [];
  for (const arg of args) {
    if (arg === "--") continue;
    if (!arg.startsWith("--only=")) throw new TypeError(`Unknown option "${arg}"`);
    names.push(...arg.slice("--only=".length).split(","));
  }
  const unknown = names.find((name) => !STEPS.some((step) => step === name));
  if (unknown !== undefined) throw new TypeError(`Unknown step "${unknown}": ${STEPS.join(", ")}`);
  if (names.length > 0) return STEPS.filter((step) => names.includes(step));
  return Deno.build.os === "linux" ? STEPS : ["unit"];
}

async function main(args: string[]): Promise<number> {
  const results: StepResult[] = [];
  for (const step of chosenSteps(args)) {
    console.log(`\n--- ${step}: tests ${TITLES[step]} ---`);
    const result = await runStep(step);
    if (result.unavailable) console.error(`${step}: could not run: ${result.unavailable}`);
    results.push(result);
  }
  const ci = Deno.env.get("CI") === "true";
  const { lines, passed, failed, skipped } = summarize(results, { ci, os: Deno.build.os });
  console.log(`\n${lines.join("\n")}`);
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : 1;
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

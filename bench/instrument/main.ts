/**
 * What the programs of the benchmark have in common: their options, how they end, the page.
 *
 * @module
 */

import { REPOSITORY } from "../../dev/rig/cache.ts";
import { InterruptedError, mustRun, RigUnavailableError } from "../../dev/rig/process.ts";
import { type System, SYSTEMS } from "./results.ts";
import { replaceBetweenMarkers } from "./table.ts";

const PAGE = new URL("../README.md", import.meta.url);

/** The options of a run. */
export interface RunOptions {
  /** The stores to measure; without it, all. */
  systems?: readonly System[];
  /** So many rounds only, for a try that stores nothing. */
  rounds?: number;
}

/** Reads `--only=STORE`, more than once if need be, and `--rounds=NUMBER`. */
export function parseOptions(args: readonly string[]): RunOptions {
  const systems: System[] = [];
  const options: RunOptions = {};
  for (const arg of args) {
    const [, name, value] = /^--(only|rounds)=(.+)$/.exec(arg) ?? [];
    const system = SYSTEMS.find((system) => name === "only" && system === value);
    if (system) systems.push(system);
    else if (name === "rounds" && /^[1-9]\d?$/.test(value ?? "")) options.rounds = Number(value);
    else throw new TypeError(`Unknown option "${arg}"; stores are ${SYSTEMS.join(", ")}`);
  }
  return systems.length > 0 ? { ...options, systems } : options;
}

/** Runs a program of the benchmark, and returns its exit code. */
export async function main(work: (options: RunOptions) => Promise<void>): Promise<number> {
  try {
    await work(parseOptions(Deno.args));
    return 0;
  } catch (error) {
    if (error instanceof InterruptedError) return 130;
    if (!(error instanceof RigUnavailableError || error instanceof TypeError)) throw error;
    console.error(error.message);
    return 1;
  }
}

/** Puts tables into the page. */
export async function replaceInPage(name: string, text: string): Promise<void> {
  const page = await Deno.readTextFile(PAGE);
  await Deno.writeTextFile(PAGE, replaceBetweenMarkers(page, name, text));
}

/** Formats the page and the rest of the benchmark. */
export async function formatPage(): Promise<void> {
  await mustRun(Deno.execPath(), ["fmt", "--quiet", "bench"], { cwd: REPOSITORY });
}

/**
 * `deno task bench:peers`: measures this library beside the others, stores the figures, and writes
 * the tables and the chart from them.
 *
 * ```sh
 * deno task bench:peers                # Linux and Wine
 * deno task bench:peers --only=wine
 * ```
 *
 * @module
 */

import { REPOSITORY } from "../dev/rig/cache.ts";
import { InterruptedError, mustRun, RigUnavailableError } from "../dev/rig/process.ts";
import { drawChart } from "./chart.ts";
import { storeResults, type System, SYSTEMS } from "./instrument/results.ts";
import { measureSystem } from "./instrument/sessions.ts";
import { replaceBetweenMarkers, tables } from "./instrument/table.ts";

const PAGE = new URL("README.md", import.meta.url);

function chosen(args: string[]): System[] {
  const [option, ...rest] = args.filter((arg) => arg !== "--");
  if (option === undefined) return [...SYSTEMS];
  const system = SYSTEMS.find((system) => option === `--only=${system}`);
  if (!system || rest.length > 0) throw new TypeError(`Unknown option "${option}"`);
  return [system];
}

async function main(args: string[]): Promise<number> {
  try {
    for (const system of chosen(args)) {
      const results = await measureSystem(system, false);
      await storeResults(results);
      const page = await Deno.readTextFile(PAGE);
      await Deno.writeTextFile(PAGE, replaceBetweenMarkers(page, system, tables(results)));
      console.log(`\n${tables(results)}\n`);
    }
    await drawChart();
    await mustRun(Deno.execPath(), ["fmt", "--quiet", "bench"], { cwd: REPOSITORY });
    return 0;
  } catch (error) {
    if (error instanceof InterruptedError) return 130;
    if (!(error instanceof RigUnavailableError || error instanceof TypeError)) throw error;
    console.error(error.message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

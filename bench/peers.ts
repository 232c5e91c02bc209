/**
 * `deno task bench:peers`: measures this library beside the others, stores the figures, and writes
 * the tables and the chart from them.
 *
 * ```sh
 * deno task bench:peers                # every store
 * deno task bench:peers --only=wine
 * deno task bench:peers --rounds=1     # only tries it: stores nothing
 * ```
 *
 * @module
 */

import { drawChart } from "./chart.ts";
import { formatPage, main, replaceInPage, type RunOptions } from "./instrument/main.ts";
import { readResults, storeResults, SYSTEMS } from "./instrument/results.ts";
import { PEERS, withRounds } from "./instrument/scope.ts";
import { measureSystem } from "./instrument/sessions.ts";
import { tables } from "./instrument/table.ts";

async function measureAll({ systems = SYSTEMS, rounds }: RunOptions): Promise<void> {
  for (const system of systems) {
    const before = await readResults(system);
    const scope = rounds === undefined ? PEERS : withRounds(PEERS, rounds);
    const results = await measureSystem(system, scope);
    const text = tables(results, before);
    console.log(`\n${text}\n`);
    if (rounds !== undefined) continue;
    await storeResults(system, results);
    await replaceInPage(system, text);
  }
  if (rounds !== undefined) return;
  await drawChart();
  await formatPage();
}

if (import.meta.main) Deno.exit(await main(measureAll));

/**
 * `deno task bench:growth`: measures how calls grow with the entries of a store, up to 10,000; stores
 * the figures and writes the tables. Takes the options of `peers.ts`.
 *
 * @module
 */

import { formatPage, main, replaceInPage, type RunOptions } from "./instrument/main.ts";
import { readResults, storeResults, SYSTEMS } from "./instrument/results.ts";
import { GROWTH, withRounds } from "./instrument/scope.ts";
import { measureSystem } from "./instrument/sessions.ts";
import { growthTable } from "./instrument/table.ts";

async function measureAll({ systems = SYSTEMS, rounds }: RunOptions): Promise<void> {
  for (const system of systems) {
    const scope = rounds === undefined ? GROWTH : withRounds(GROWTH, rounds);
    const results = await measureSystem(system, scope);
    const name = `growth-${system}`;
    const text = growthTable(results, await readResults(name));
    console.log(`\n${text}\n`);
    if (rounds !== undefined) continue;
    await storeResults(name, results);
    await replaceInPage(name, text);
  }
  if (rounds === undefined) await formatPage();
}

if (import.meta.main) Deno.exit(await main(measureAll));

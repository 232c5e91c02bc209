/**
 * `deno task bench`: measures this library against the floor of its system, and tells how that
 * compares with the results that were stored last. Stores nothing; takes about half a minute.
 *
 * @module
 */

import { InterruptedError, RigUnavailableError } from "../dev/rig/process.ts";
import { compare, describe } from "./instrument/compare.ts";
import { readResults, type System, SYSTEMS } from "./instrument/results.ts";
import { measureSystem } from "./instrument/sessions.ts";

async function compareSystem(system: System): Promise<void> {
  const now = await measureSystem(system, true);
  const stored = await readResults(system);
  console.log(`\n${system}, ${now.seconds} s; the floor is ${now.parties.floor}`);
  for (const comparison of compare(now, stored)) console.log(describe(comparison));
}

async function main(): Promise<number> {
  for (const system of SYSTEMS) {
    try {
      await compareSystem(system);
    } catch (error) {
      if (error instanceof InterruptedError) return 130;
      if (!(error instanceof RigUnavailableError)) throw error;
      console.error(`${system}: cannot be measured here: ${error.message}`);
    }
  }
  return 0;
}

if (import.meta.main) Deno.exit(await main());

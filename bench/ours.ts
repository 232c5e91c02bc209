/**
 * `deno task bench`: measures this library against the floor of each store, and shows how that
 * compares with the results that were stored last. Stores nothing; takes a minute or two.
 *
 * @module
 */

import { RigUnavailableError } from "../dev/rig/process.ts";
import { compare, describe, describeAgreement } from "./instrument/compare.ts";
import { main, type RunOptions } from "./instrument/main.ts";
import { readResults, type System, SYSTEMS } from "./instrument/results.ts";
import { QUICK, withRounds } from "./instrument/scope.ts";
import { measureSystem } from "./instrument/sessions.ts";

async function compareSystem(system: System, rounds = QUICK.rounds): Promise<void> {
  const now = await measureSystem(system, withRounds(QUICK, rounds));
  const stored = await readResults(system);
  console.log(`\n${system}, ${now.seconds} s; the floor is ${now.parties.floor}`);
  for (const comparison of compare(now, stored)) console.log(describe(comparison));
  if (stored) console.log(describeAgreement(now, stored));
}

async function compareAll({ systems = SYSTEMS, rounds }: RunOptions): Promise<void> {
  for (const system of systems) {
    try {
      await compareSystem(system, rounds);
    } catch (error) {
      if (!(error instanceof RigUnavailableError)) throw error;
      console.error(`${system}: cannot be measured here: ${error.message}`);
    }
  }
}

if (import.meta.main) Deno.exit(await main(compareAll));

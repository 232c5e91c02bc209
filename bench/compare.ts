/**
 * `deno task bench:compare`: shows how far the results that were stored last agree with those before
 * them, in `results/previous`.
 *
 * @module
 */

import { describeAgreement } from "./instrument/compare.ts";
import { readResults, SYSTEMS } from "./instrument/results.ts";

if (import.meta.main) {
  for (const name of [...SYSTEMS, ...SYSTEMS.map((system) => `growth-${system}`)]) {
    const [now, before] = [await readResults(name), await readResults(name, true)];
    if (now && before) console.log(`${name}: ${describeAgreement(now, before)}`);
  }
}

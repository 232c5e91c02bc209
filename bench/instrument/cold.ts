/**
 * One read as a whole process, from its start to its end.
 *
 * @module
 */

import { outputOf } from "./output.ts";
import type { Program } from "./programs.ts";
import { type Measurement, measurement } from "./results.ts";

/** Measures the programs in rounds. The entries that they read must be there. */
export async function measureCold(
  programs: Program[],
  entries: number,
  rounds: number,
): Promise<Measurement> {
  const times = new Map(programs.map(({ id }) => [id, [] as number[]]));
  // The first round, which may fill caches, does not count.
  for (let round = -1; round < rounds; round++) {
    for (const program of programs) {
      const ns = await timeOf(program);
      if (round >= 0) times.get(program.id)?.push(ns);
    }
  }
  return measurement({ case: "cold-get", entries, unit: "ns" }, times);
}

async function timeOf({ title, command, input, prints }: Program): Promise<number> {
  const start = performance.now();
  const { success, stdout, stderr } = await outputOf(command, input);
  const ns = (performance.now() - start) * 1e6;
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success || !decode(stdout).includes(prints)) {
    throw new Error(`${title} did not print the password: ${decode(stderr)}`);
  }
  return ns;
}

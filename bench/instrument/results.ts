/**
 * The results as they are stored in `bench/results`.
 *
 * @module
 */

import type { Summary } from "./statistics.ts";

/** The systems that are measured. */
export const SYSTEMS = ["linux", "wine"] as const;

/** A system that is measured. */
export type System = typeof SYSTEMS[number];

/** What each party is asked to do, in the order of the tables. */
export const CASES = ["get", "miss", "set", "delete", "list", "at-once"] as const;

/** What a party is asked to do in a process that has run for a while. */
export type Case = typeof CASES[number];

/** What is measured of a process as a whole. */
export type StartCase = "import" | "first-call" | "peak-memory" | "cold-get";

/** One row of the results: a case, and each party's figures. */
export interface Measurement {
  /** What was measured. */
  case: Case | StartCase;
  /** How many entries the store held. */
  entries: number;
  /** The unit of the figures. */
  unit: "ns" | "bytes";
  /** The figures, by the party's id. */
  parties: Record<string, Summary>;
}

/** What is stored of one run. */
export interface Results {
  /** The version of this format. */
  version: 1;
  /** Where it ran. */
  system: System;
  /** When it ended, as ISO 8601. */
  date: string;
  /** How long it took, in seconds. */
  seconds: number;
  /** The machine. */
  machine: { cpu: string; cores: number; memoryBytes: number; kernel: string };
  /** The versions of all that took part. */
  versions: Record<string, string>;
  /** The names of the parties, by id. */
  parties: Record<string, string>;
  /** The figures. */
  measurements: Measurement[];
}

/** Finds a row. */
export function find(
  results: Pick<Results, "measurements">,
  name: Measurement["case"],
  entries: number,
): Measurement | undefined {
  return results.measurements.find((row) => row.case === name && row.entries === entries);
}

function pathOf(system: System): URL {
  return new URL(`../results/${system}.json`, import.meta.url);
}

/** Reads the results that were stored last; `undefined` where none are. */
export async function readResults(system: System): Promise<Results | undefined> {
  try {
    const results: Results = JSON.parse(await Deno.readTextFile(pathOf(system)));
    if (results.version !== 1) throw new TypeError(`Unknown version ${results.version}`);
    return results;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Stores results in the place of those before. */
export async function storeResults(results: Results): Promise<void> {
  await Deno.writeTextFile(pathOf(results.system), `${JSON.stringify(results, null, 2)}\n`);
}

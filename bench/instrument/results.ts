/**
 * The results as they are stored in `bench/results`.
 *
 * @module
 */

import { median, summarize, type Summary } from "./statistics.ts";

/** The stores that are measured, each by the session that has it; `linux` is GNOME Keyring. */
export const SYSTEMS = ["linux", "kwallet", "file", "openbao", "wine"] as const;

/** Their names. */
export const STORES: Record<System, string> = {
  linux: "GNOME Keyring",
  kwallet: "KDE Wallet",
  file: "Encrypted file",
  openbao: "OpenBao",
  wine: "Windows, by Wine",
};

/** A store that is measured. */
export type System = typeof SYSTEMS[number];

/** What each party is asked to do, in the order of the tables. */
export const CASES = ["get", "miss", "set", "delete", "list", "at-once"] as const;

/** What a party is asked to do in a process that has run for a while. */
export type Case = typeof CASES[number];

/** What is measured of a process as a whole. */
export type StartCase = "import" | "first-call" | "peak-memory" | "cold-get";

/** The names of the columns. */
export const TITLES: Record<Case | StartCase, string> = {
  get: "get",
  miss: "miss",
  set: "set",
  delete: "delete",
  list: "list all",
  "at-once": "100 gets at once",
  import: "import",
  "first-call": "first get",
  "peak-memory": "peak memory",
  "cold-get": "whole process",
};

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
  /** How many times the base's figure: the median over the rounds, each party beside the base. */
  ratios: Record<string, number>;
}

/** What the others are compared with, the first of these that takes part. */
const BASES = ["floor", "ours"];

/** What the others are compared with: as whole processes, the start of Deno. */
export function baseOf(row: Pick<Measurement, "case" | "parties">): string | undefined {
  const bases = row.case === "cold-get" ? ["deno", ...BASES] : BASES;
  return bases.find((id) => row.parties[id]);
}

/** Sums up the rounds of a case. */
export function measurement(
  head: Pick<Measurement, "case" | "entries" | "unit">,
  rounds: ReadonlyMap<string, readonly number[]>,
): Measurement {
  const parties = Object.fromEntries(Array.from(rounds, ([id, all]) => [id, summarize(all)]));
  const base = baseOf({ ...head, parties });
  const bases = rounds.get(base ?? "") ?? [];
  const ratios: Record<string, number> = {};
  for (const [id, all] of rounds) {
    // A slow party has fewer rounds.
    const pairs = all.slice(0, bases.length).map((value, round) => value / (bases[round] ?? NaN));
    if (id !== base && pairs.length > 0) ratios[id] = median(pairs);
  }
  return { ...head, parties, ratios };
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

/** Where a run is stored: the last one, and the one before it, with which it is compared. */
function pathOf(name: string, isPrevious = false): URL {
  return new URL(`../results/${isPrevious ? "previous/" : ""}${name}.json`, import.meta.url);
}

/** Reads the results that were stored last, or those before; `undefined` where none are. */
export async function readResults(name: string, isPrevious = false): Promise<Results | undefined> {
  try {
    const results: Results = JSON.parse(await Deno.readTextFile(pathOf(name, isPrevious)));
    if (results.version !== 1) throw new TypeError(`Unknown version ${results.version}`);
    return results;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Stores results, and keeps those before. */
export async function storeResults(name: string, results: Results): Promise<void> {
  await Deno.mkdir(new URL("../results/previous", import.meta.url), { recursive: true });
  await Deno.rename(pathOf(name), pathOf(name, true)).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.writeTextFile(pathOf(name), `${JSON.stringify(results, null, 2)}\n`);
}

/**
 * What a run measures.
 *
 * @module
 */

import { type Case, CASES } from "./results.ts";

/** The service of the entries that fill the store. */
export const FILLING = "os-keyring-bench-filling";

/** How much is measured. */
export interface Scope {
  /** How many entries the store has. */
  sizes: readonly number[];
  /** Who takes part, by id; without it, everyone. */
  parties?: readonly string[];
  /** What is asked. */
  cases: readonly Case[];
  /** How many rounds in a process that runs. */
  rounds: number;
  /** How many fresh workers each. */
  startRounds: number;
  /** How many whole processes each. */
  coldRounds: number;
}

/** `bench:peers`. */
export const PEERS: Scope = {
  sizes: [10, 1000],
  cases: CASES,
  rounds: 7,
  startRounds: 7,
  coldRounds: 15,
};

/** `bench`. */
export const QUICK: Scope = {
  sizes: [10],
  parties: ["floor", "floor-bare", "ours", "ours-store", "deno"],
  cases: CASES,
  rounds: 5,
  startRounds: 3,
  coldRounds: 5,
};

/** `bench:growth`. */
export const GROWTH: Scope = {
  sizes: [10, 100, 1_000, 10_000],
  parties: ["floor", "ours"],
  cases: ["get", "miss", "set", "delete", "list"],
  rounds: 5,
  startRounds: 0,
  coldRounds: 0,
};

/** The same with so many rounds of everything that it measures. */
export function withRounds(scope: Scope, rounds: number): Scope {
  const [startRounds, coldRounds] = [scope.startRounds, scope.coldRounds]
    .map((usual) => Math.min(usual, rounds)) as [number, number];
  return { ...scope, rounds, startRounds, coldRounds };
}

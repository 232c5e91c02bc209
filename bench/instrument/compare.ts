/**
 * Compares a new run with the stored one, as ratios to the floor, so that the machine matters less.
 *
 * @module
 */

import { TITLES } from "./table.ts";
import { find, type Measurement, type Results } from "./results.ts";
import { threeDigits } from "./statistics.ts";

/** How one case stands. */
export interface Comparison {
  /** Which case. */
  case: Measurement["case"];
  /** The median of this library, in nanoseconds. */
  ns: number;
  /** How many times the floor's median that is. */
  ratio: number;
  /** The same of the stored results, where they have it. */
  stored: number | undefined;
}

/** Compares all cases that have a floor. */
export function compare(
  now: Pick<Results, "measurements">,
  stored: Pick<Results, "measurements"> | undefined,
): Comparison[] {
  return now.measurements.flatMap((row) => {
    const ratio = ratioOf(row);
    if (row.unit !== "ns" || ratio === undefined) return [];
    const before = stored && find(stored, row.case, row.entries);
    return [{
      case: row.case,
      ns: row.parties.ours?.median ?? NaN,
      ratio,
      stored: before && ratioOf(before),
    }];
  });
}

function ratioOf({ parties: { ours, floor } }: Measurement): number | undefined {
  return ours && floor ? ours.median / floor.median : undefined;
}

/** Writes a comparison as a line. */
export function describe({ case: name, ns, ratio, stored }: Comparison): string {
  const time = ns < 1e6 ? `${threeDigits(ns / 1e3)} µs` : `${threeDigits(ns / 1e6)} ms`;
  const change = stored === undefined
    ? "none stored"
    : `${stored.toFixed(2)} stored, ${percent(ratio / stored)}`;
  return `${TITLES[name].padEnd(16)} ${time.padStart(9)}  ${
    ratio.toFixed(2)
  } × the floor (${change})`;
}

function percent(factor: number): string {
  const change = Math.round((factor - 1) * 100);
  return `${change < 0 ? "−" : "+"}${Math.abs(change)} %`;
}

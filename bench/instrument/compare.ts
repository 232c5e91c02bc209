/**
 * Compares a new run with the stored one, as ratios to the floor, so that the machine matters less.
 *
 * @module
 */

import { find, type Measurement, type Results, TITLES } from "./results.ts";
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

/** A party's ratio of a case that two runs differ in. */
export interface Difference {
  /** Which case. */
  row: Measurement;
  /** Which party. */
  party: string;
  /** How many times the smaller ratio the larger one is. */
  factor: number;
}

type Figures = Pick<Results, "measurements">;

/** The ratios that two runs differ in, the most first. */
export function differences(now: Figures, before: Figures): Difference[] {
  return now.measurements.filter(({ unit }) => unit === "ns").flatMap((row) => {
    const ratios = find(before, row.case, row.entries)?.ratios ?? {};
    return Object.entries(row.ratios).flatMap(([party, ratio]) => {
      const other = ratios[party];
      if (other === undefined) return [];
      return [{ row, party, factor: Math.max(ratio / other, other / ratio) }];
    });
  }).sort((a, b) => b.factor - a.factor);
}

/** Writes how far two runs agree. */
export function describeAgreement(now: Results, before: Figures): string {
  const all = differences(now, before);
  const of = (worst: Difference | undefined) => {
    if (!worst) return "none";
    const { row, party, factor } = worst;
    const title = now.parties[party] ?? party;
    return `${percent(factor)} (${title}, ${TITLES[row.case]}, ${row.entries} entries)`;
  };
  const close = all.filter(({ factor }) => factor <= 1.2).length;
  const own = all.find(({ party }) => party === "ours");
  return `largest difference of a ratio of os-keyring ${of(own)}, of all ${of(all[0])}; ` +
    `${close} of ${all.length} within 20 %`;
}

/** Compares all cases that have a floor. */
export function compare(
  now: Pick<Results, "measurements">,
  stored: Pick<Results, "measurements"> | undefined,
): Comparison[] {
  return now.measurements.flatMap((row) => {
    const ratio = row.ratios.ours;
    if (row.unit !== "ns" || ratio === undefined) return [];
    const before = stored && find(stored, row.case, row.entries);
    return [{
      case: row.case,
      ns: row.parties.ours?.median ?? NaN,
      ratio,
      stored: before?.ratios.ours,
    }];
  });
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

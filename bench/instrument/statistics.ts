/**
 * Medians with their range, and how they are written.
 *
 * @module
 */

/** What was measured in several rounds. */
export interface Summary {
  /** The median of the rounds. */
  median: number;
  /** The smallest. */
  min: number;
  /** The largest. */
  max: number;
  /** How many rounds there were. */
  rounds: number;
}

/** The median; of an even number of values, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new RangeError("There is no median of no values");
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** Sums up the rounds. */
export function summarize(values: readonly number[]): Summary {
  return {
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    rounds: values.length,
  };
}

/** Writes a number with three significant digits and without an exponent. */
export function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value >= 1 ? value.toFixed(2) : value.toFixed(3);
}

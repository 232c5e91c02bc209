/**
 * Columns that fit a terminal.
 *
 * @module
 */

import { textWidth } from "./width.ts";

const GAP = 2;
// Narrower than this a column says nothing; then lines may rather be broken.
const NARROWEST = 8;

/**
 * Narrows the widest columns until all of them fit.
 *
 * @param widths The width of each column.
 * @param room The width of the terminal.
 * @returns The widths that fit, or that are as narrow as they may be.
 */
export function fitColumns(widths: readonly number[], room: number): number[] {
  const fitted = [...widths];
  const spare = room - GAP * (widths.length - 1);
  for (let total = sum(fitted); total > spare; total--) {
    const widest = Math.max(...fitted);
    if (widest <= NARROWEST) break;
    fitted[fitted.indexOf(widest)] = widest - 1;
  }
  return fitted;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/**
 * Cuts text to a width, with an ellipsis where something is missing.
 *
 * @param text One line, without control characters.
 * @param width How many columns it may take.
 * @returns The text, or its beginning.
 */
export function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const character of text) {
    used += textWidth(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}

import { textWidth } from "./width.ts";

const GAP = 2;
// Narrower than this a column says nothing; then lines may rather be broken.
const NARROWEST = 8;

/** Narrows the widest columns until all of them fit. */
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

import { escapeControls } from "./output.ts";
import { coarseWidth, graphemes, loadMeasure, type Measure } from "./text_width.ts";

// One very long name must not push the columns of all others off the screen.
const WIDEST_COLUMN = 60;

/** Aligns columns; cuts long texts for a terminal that is `room` columns wide. */
export async function formatColumns(
  rows: readonly (readonly string[])[],
  room?: number,
): Promise<string> {
  const escaped = rows.map((row) => row.map(escapeControls));
  const measure = room === undefined ? coarseWidth : await loadMeasure(escaped.flat());
  const widths = columnWidths(escaped, measure, room);
  return escaped.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      const shown = room === undefined ? cell : cutMiddle(cell, width, measure);
      return shown + " ".repeat(Math.max(0, width - measure(shown)));
    });
    return `${cells.join("  ").trimEnd()}\n`;
  }).join("");
}

function columnWidths(
  rows: readonly (readonly string[])[],
  measure: Measure,
  room?: number,
): number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      const width = Math.min(measure(cell), room ?? WIDEST_COLUMN);
      widths[column] = Math.max(widths[column] ?? 0, width);
    }
  }
  return room === undefined ? widths : fitColumns(widths, room);
}

const GAP = 2;
// A narrower column is useless; it is better to let lines wrap.
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

/** Shortens a text to a width. It keeps the end, where long names, such as URLs, differ. */
export function cutMiddle(text: string, width: number, measure: Measure): string {
  if (measure(text) <= width) return text;
  const characters = graphemes(text);
  const start = take(characters, Math.floor((width - 1) / 2), measure);
  const end = take(characters.reverse(), width - 1 - measure(start.join("")), measure).reverse();
  return `${start.join("")}…${end.join("")}`;
}

function take(characters: readonly string[], width: number, measure: Measure): string[] {
  let used = 0;
  const end = characters.findIndex((character) => (used += measure(character)) > width);
  return characters.slice(0, end);
}

/** Fills lines with words, with `start` before the first line and blanks before the others. */
export function wrap(words: readonly string[], width: number, start = "", indent = 0): string[] {
  const [first = "", ...others] = words;
  const lines = [start + first];
  for (const word of others) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length <= width) lines[lines.length - 1] = line;
    else lines.push(" ".repeat(indent) + word);
  }
  return lines;
}

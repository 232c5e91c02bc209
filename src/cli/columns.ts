import { escapeControls } from "./output.ts";

// One very long name must not push the columns of all others off the screen.
const WIDEST_COLUMN = 60;

export function formatColumns(rows: readonly (readonly string[])[], room?: number): string {
  let widths: number[] = [];
  const escaped = rows.map((row) => row.map(escapeControls));
  for (const row of escaped) {
    for (const [column, cell] of row.entries()) {
      const width = Math.min(textWidth(cell), room ?? WIDEST_COLUMN);
      widths[column] = Math.max(widths[column] ?? 0, width);
    }
  }
  if (room !== undefined) widths = fitColumns(widths, room);
  return escaped.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return pad(room === undefined ? cell : cut(cell, width), width);
    });
    return `${cells.join("  ").trimEnd()}\n`;
  }).join("");
}

function pad(cell: string, width: number): string {
  return cell + " ".repeat(Math.max(0, width - textWidth(cell)));
}

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

/** Fills lines with words, `start` before the first and blanks before the others. */
export function wrap(words: readonly string[], width: number, start = "", indent = 0): string[] {
  const [first = "", ...others] = words;
  const lines = [start + first];
  for (const word of others) {
    const line = `${lines.at(-1)} ${word}`;
    if (textWidth(line) <= width) lines[lines.length - 1] = line;
    else lines.push(" ".repeat(indent) + word);
  }
  return lines;
}

const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Emoji_Modifier}]$/u;

// Letters that are drawn two columns wide; emoji are told by their Unicode property.
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f], // Hangul Jamo
  [0x2e80, 0x303e], // CJK radicals and punctuation
  [0x3041, 0xa4cf], // Kana, CJK ideographs, Yi
  [0xa960, 0xa97f], // Hangul Jamo, extended
  [0xac00, 0xd7a3], // Hangul
  [0xf900, 0xfaff], // CJK compatibility
  [0xfe30, 0xfe6f], // CJK forms
  [0xff00, 0xff60], // Full-width forms
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd], // CJK ideographs, extended
];

export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (INVISIBLE.test(character)) return 0;
  if (/^\p{Emoji_Presentation}$/u.test(character)) return 2;
  const code = character.codePointAt(0) ?? 0;
  return WIDE.some(([first, last]) => first <= code && code <= last) ? 2 : 1;
}

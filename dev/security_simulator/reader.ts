/**
 * How `security -i` cuts its input into commands and a command into arguments, with all its faults.
 * Bytes are "binary strings" throughout the simulator: one character from 0 to 255 for each.
 *
 * @module
 */

const BUFFER_BYTES = 4096;
const MAX_ARGUMENTS = 32;
const SPACE = " \t\n\v\f\r";

/**
 * Cuts input into lines. A line that fills the buffer ends there, and what follows is the next; the
 * last line is lost when no newline ends it.
 *
 * @param input All of the input.
 * @returns The lines, each of which is run as a command.
 */
export function readLines(input: string): string[] {
  const lines: string[] = [];
  let start = 0;
  while (true) {
    const newline = input.indexOf("\n", start);
    const full = start + BUFFER_BYTES - 1;
    if ((newline < 0 || newline >= full) && input.length >= full) {
      lines.push(endAtNul(input.slice(start, full)));
      start = full;
    } else if (newline < 0) {
      return lines;
    } else {
      lines.push(endAtNul(input.slice(start, newline)));
      start = newline + 1;
    }
  }
}

function endAtNul(line: string): string {
  const nul = line.indexOf("\0");
  return nul < 0 ? line : line.slice(0, nul);
}

/**
 * Cuts a line into arguments. A quote opens only at the start of a word, the closing one ends the
 * argument, and a backslash takes the next character as it is, in single quotes too.
 *
 * @param line The line.
 * @returns At most 32 arguments; the rest of the line is dropped.
 */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  let at = 0;
  while (words.length < MAX_ARGUMENTS) {
    while (at < line.length && SPACE.includes(line.charAt(at))) at++;
    if (at >= line.length) break;
    const { word, end } = readWord(line, at);
    words.push(word);
    at = end;
  }
  return words;
}

function readWord(line: string, start: number): { word: string; end: number } {
  const first = line.charAt(start);
  const quote = first === '"' || first === "'" ? first : "";
  let word = "";
  for (let at = quote ? start + 1 : start; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === "\\") {
      at++;
      word += line.charAt(at);
    } else if (quote ? character === quote : SPACE.includes(character)) {
      return { word, end: at + 1 };
    } else {
      word += character;
    }
  }
  return { word, end: line.length };
}

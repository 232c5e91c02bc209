/**
 * The option parser of BSD: an option's value may begin with a dash, and the first operand ends the
 * options.
 *
 * @module
 */

/** What a command's arguments mean. */
export interface Parsed {
  /** The options in their order, each with its value where it takes one. */
  options: [letter: string, value: string][];
  /** What follows the options. */
  operands: string[];
  /** The option whose value is missing, because it is the last word. */
  incomplete?: string;
  /** Whether there is an unknown option. */
  illegal: boolean;
}

/**
 * Parses arguments.
 *
 * @param args The arguments, without the command's name.
 * @param spec The letters of the options, a colon behind those that take a value.
 */
export function getopt(args: readonly string[], spec: string): Parsed {
  const parsed: Parsed = { options: [], operands: [], illegal: false };
  let at = 0;
  for (; at < args.length; at++) {
    const word = args[at] ?? "";
    if (word === "--") {
      at++;
      break;
    }
    if (!/^-./s.test(word)) break;
    if (parseWord(parsed, word, args[at + 1], spec)) at++;
  }
  parsed.operands = args.slice(at);
  return parsed;
}

function parseWord(
  parsed: Parsed,
  word: string,
  next: string | undefined,
  spec: string,
): boolean {
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at);
    const place = letter === ":" ? -1 : spec.indexOf(letter);
    if (place < 0) {
      parsed.illegal = true;
    } else if (spec.charAt(place + 1) !== ":") {
      parsed.options.push([letter, ""]);
    } else if (at + 1 < word.length) {
      parsed.options.push([letter, word.slice(at + 1)]);
      return false;
    } else if (next === undefined) {
      parsed.incomplete = letter;
      return false;
    } else {
      parsed.options.push([letter, next]);
      return true;
    }
  }
  return false;
}

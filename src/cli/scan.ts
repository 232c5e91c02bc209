// Brings arguments, as Python's argparse takes them, into the form that parseArgs reads exactly.

import { findOption, type Option, OPTIONS } from "./options.ts";

export interface Scanned {
  /** The options, each value attached by `=`. */
  options: string[];
  /** How many words precede each of them. */
  after: number[];
  words: string[];
  /** What follows `--`. */
  tail: string[];
  /** The option whose value is missing; nothing after it was read. */
  missing?: Option;
  /** Whether an option such as `--help` made the rest not matter. */
  ended: boolean;
}

export function scan(args: readonly string[]): Scanned {
  const scanned: Scanned = { options: [], after: [], words: [], tail: [], ended: false };
  const unread = [...args];
  for (let arg = unread.shift(); arg !== undefined; arg = unread.shift()) {
    if (arg === "--") return { ...scanned, tail: unread };
    if (isWord(arg)) {
      scanned.words.push(arg);
      continue;
    }
    for (const flag of arg.startsWith("--") ? [arg] : separate(arg)) {
      const option = findOption(flag);
      const awaitsValue = option?.value !== undefined && !flag.includes("=");
      const value = awaitsValue ? unread.shift() : undefined;
      if (awaitsValue && (value === undefined || !isWord(value))) {
        return { ...scanned, missing: option };
      }
      scanned.options.push(awaitsValue ? `${flag}=${value}` : flag);
      scanned.after.push(scanned.words.length);
      if (option?.ends) return { ...scanned, ended: true };
    }
  }
  return scanned;
}

// Python's rule: a dash alone, a negative number and anything with a space is a word, unless it
// begins with an option.
export function isWord(arg: string): boolean {
  if (!arg.startsWith("-") || arg === "-" || /^-\d+$|^-\d*\.\d+$/.test(arg)) return true;
  return arg.includes(" ") && !findOption(arg.startsWith("--") ? arg : arg.slice(0, 2));
}

// Splits combined letters. In -bnull, parseArgs would take the n for another option.
function separate(arg: string): string[] {
  const option = OPTIONS.find(({ alias }) => alias === arg[1]);
  if (!option) return [arg];
  const flag = `--${option.name}`;
  const attached = arg.slice(2);
  if (attached === "") return [flag];
  if (option.value === undefined) return [flag, ...separate(`-${attached}`)];
  return [`${flag}=${attached.replace(/^=/, "")}`];
}

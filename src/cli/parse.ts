import { parseArgs } from "@std/cli/parse-args";
import { argumentError, checkOption, type Extra, unrecognized } from "./check.ts";
import type { Command, Located, OptionValues } from "./command.ts";
import { locate, mostWords } from "./locate.ts";
import { type Option, OPTIONS } from "./options.ts";
import { scan, type Scanned } from "./scan.ts";
import { UsageError } from "./usage_error.ts";

export interface Parsed {
  /** The command; `undefined` if none was named. */
  located: Located | undefined;
  service: string | undefined;
  username: string | undefined;
  /** All words after `--`, if the command takes them; otherwise none. */
  rest: readonly string[];
  options: OptionValues;
}

/** Reads a command line, with the commands that its words may name; `names` are those of all. */
export function parse(
  args: readonly string[],
  commands: readonly Command[],
  names: readonly string[] = commands.map(({ name }) => name),
): Parsed {
  const scanned = scan(args);
  const { words, rest } = splitWords(scanned, commands);
  const asksHelp = words[0] === "help";
  while (words[0] === "help") words.shift();
  const { options, unknown } = parseOptions(scanned);
  if (asksHelp) options.help = true;
  const located = locateAfter(unknown, words, commands, names);
  try {
    const ended = asksHelp || scanned.ended;
    for (const flag of scanned.options) checkOption(flag, ended ? undefined : located);
    if (scanned.missing) throw argumentError(scanned.missing, "expected one argument");
    if (!ended) checkExtras(unknown, words, located);
  } catch (error) {
    throw error instanceof UsageError ? error.of(located) : error;
  }
  const [service, username] = words.slice(located?.depth);
  return { located, service, username, rest, options };
}

// The command itself may follow a `--`, too.
function splitWords({ words, tail }: Scanned, commands: readonly Command[]) {
  const all = [...words, ...tail];
  if (!commands.find(({ name }) => name === all[0])?.rest) return { words: all, rest: [] };
  if (words.length > 0) return { words, rest: tail };
  const end = tail.indexOf("--");
  return end < 0
    ? { words: tail, rest: [] }
    : { words: tail.slice(0, end), rest: tail.slice(end + 1) };
}

function parseOptions({ options, after }: Scanned) {
  const unknown: Extra[] = [];
  const parsed: Record<string, unknown> = parseArgs(options, {
    string: namesOf(({ value }) => value !== undefined),
    boolean: namesOf(({ value }) => value === undefined),
    collect: namesOf(({ repeat }) => repeat === true),
    unknown(arg) {
      unknown.push({ text: arg, after: after[options.indexOf(arg)] ?? 0 });
      return false;
    },
  });
  return { options: parsed as OptionValues, unknown };
}

function namesOf(condition: (option: Option) => boolean): string[] {
  return OPTIONS.filter(condition).map(({ name }) => name);
}

function locateAfter(
  unknown: readonly Extra[],
  words: string[],
  commands: readonly Command[],
  names: readonly string[],
) {
  try {
    return locate(words, commands, names);
  } catch (error) {
    // What looked like a command may be the value of an unknown option.
    const before = unknown.filter(({ after }) => after === 0);
    throw before.length > 0 ? unrecognized(before, Infinity, undefined) : error;
  }
}

function checkExtras(
  unknown: readonly Extra[],
  words: readonly string[],
  located: Located | undefined,
): void {
  const most = located ? located.depth + mostWords(located.command) : 0;
  const extraWords = words.slice(most).map((text, index) => ({ text, after: most + index }));
  const extras = [...unknown, ...extraWords];
  if (extras.length > 0) throw unrecognized(extras, most, located);
}

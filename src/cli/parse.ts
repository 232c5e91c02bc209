/**
 * The parser: `@std/cli` reads the values, once the scanner has settled what it cannot tell apart.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { Command, OptionValues } from "./command.ts";
import { ALL_OPTIONS, type Option } from "./options.ts";
import { escapeControls } from "./output.ts";
import { type Extra, Scanner } from "./scan.ts";
import { UsageError } from "./usage_error.ts";

/** What a command line says. */
export interface Parsed {
  /** The command; `undefined` when none was named. */
  operation: string | undefined;
  /** The first word after it. */
  service: string | undefined;
  /** The second word after it. */
  username: string | undefined;
  /** All words after `--`, where the command takes them so; else none. */
  rest: readonly string[];
  /** What the options were set to. */
  options: OptionValues;
}

/**
 * Reads a command line.
 *
 * @param args The arguments.
 * @param commands The commands that there are.
 * @returns What it says; a {@linkcode UsageError} is thrown for one that says nothing valid.
 */
export function parse(
  args: readonly string[],
  commands: readonly Pick<Command, "name" | "rest">[],
): Parsed {
  const { options, words, rest, extras, ended } = new Scanner(args, commands).scan();
  if (extras.length > 0 && !ended) throw new UsageError(unrecognized(extras));
  const parsed: Record<string, unknown> = parseArgs(
    [...options, "--", ...words],
    {
      string: ["_", ...namesOf(({ value }) => value !== undefined)],
      boolean: namesOf(({ value }) => value === undefined),
      collect: namesOf(({ repeat }) => repeat === true),
      unknown: refuseUnknown,
    },
  );
  const [operation, service, username] = words;
  return { operation, service, username, rest, options: parsed as OptionValues };
}

function namesOf(condition: (option: Option) => boolean): string[] {
  return ALL_OPTIONS.filter(condition).map(({ name }) => name);
}

// The scanner lets nothing unknown through; if it ever did, this must not become a silent key.
function refuseUnknown(arg: string): never {
  throw new UsageError(`unrecognized arguments: ${arg}`);
}

function unrecognized(extras: readonly Extra[]): string {
  const shown = extras.map(({ text, isSecret }) => isSecret ? "***" : escapeControls(text));
  const hint = extras.some(({ isSecret }) => isSecret)
    ? " (the password is typed at the prompt or piped in)"
    : "";
  return `unrecognized arguments: ${shown.join(" ")}${hint}`;
}

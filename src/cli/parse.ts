import { parseArgs } from "@std/cli/parse-args";
import type { Command, OptionValues } from "./command.ts";
import { ALL_OPTIONS, type Option } from "./options.ts";
import { escapeControls } from "./output.ts";
import { type Extra, Scanner } from "./scan.ts";
import { UsageError } from "./usage_error.ts";

export interface Parsed {
  /** The command; `undefined` when none was named. */
  operation: string | undefined;
  service: string | undefined;
  username: string | undefined;
  /** All words after `--`, where the command takes them so; else none. */
  rest: readonly string[];
  options: OptionValues;
}

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

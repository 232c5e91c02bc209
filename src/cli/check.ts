import type { Command, Located } from "./command.ts";
import { COMMAND_NAMES } from "./commands.ts";
import { errorName, findOption, type Option, OPTIONS } from "./options.ts";
import { escapeControls } from "./output.ts";
import { didYouMean } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

/** Refuses an option that the command does not take, or that has an invalid value. */
export function checkOption(flag: string, located: Located | undefined): void {
  const option = findOption(flag);
  if (!option) return;
  if (located && !isTaken(option, located.command)) {
    const meant = didYouMean(`--${option.name}`, namesFor(located));
    throw new UsageError(`${located.path} does not take ${errorName(option)}${meant}`);
  }
  const equals = flag.indexOf("=");
  const value = equals < 0 ? undefined : flag.slice(equals + 1);
  if (value === undefined) return;
  if (option.value === undefined) {
    const shown = located?.command.secretHint === undefined ? show(value) : "***";
    throw argumentError(option, `ignored explicit argument ${shown}`);
  }
  if (option.choices && !option.choices.includes(value)) {
    const choices = option.choices.map(show).join(", ");
    throw argumentError(option, `invalid choice: ${show(value)} (choose from ${choices})`);
  }
}

// A command with subcommands is not run, but reports that it needs one of them.
function isTaken({ name, action }: Option, { options, commands }: Command): boolean {
  return action === true || commands !== undefined || options.includes(name);
}

function namesFor(located: Located | undefined): string[] {
  const options = OPTIONS.filter((option) => !located || isTaken(option, located.command));
  return options.map(({ name }) => `--${name}`);
}

// In some programs, commands are options.
function candidatesFor(option: string, located: Located | undefined): string[] {
  const names = namesFor(located);
  const command = option.slice(2);
  if (located || !COMMAND_NAMES.includes(command)) return names;
  return names.some((name) => name.startsWith(option)) ? names : [command];
}

/** An unrecognized argument. */
export interface Extra {
  text: string;
  /** How many words precede it. */
  after: number;
}

/** Names them, except secrets: those come after all words, and standard error is often a log. */
export function unrecognized(
  extras: readonly Extra[],
  most: number,
  located: Located | undefined,
): UsageError {
  const hint = located?.command.secretHint;
  const shown = extras.toSorted((a, b) => a.after - b.after).map(({ text, after }) => {
    if (hint !== undefined && after >= most) return "***";
    return escapeControls(text.startsWith("--") ? text.replace(/=.*/s, "") : text);
  });
  const texts = [...new Set(shown)];
  const option = texts.find((text) => text.startsWith("--"));
  const meant = option === undefined ? "" : didYouMean(option, candidatesFor(option, located));
  const why = texts.includes("***") ? ` (${hint})` : meant;
  return new UsageError(`unrecognized arguments: ${texts.join(" ")}${why}`);
}

export function argumentError(option: Option, reason: string): UsageError {
  return new UsageError(`argument ${errorName(option)}: ${reason}`);
}

function show(value: string): string {
  return `'${escapeControls(value)}'`;
}

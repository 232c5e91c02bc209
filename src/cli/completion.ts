// What completions know of the command line. All of it is read from the tables that the parser
// and the help stand on, so that none of them can fall behind.

import type { Command } from "./command.ts";
import { globalOptions as globals } from "./help.ts";
import type { Option } from "./options.ts";

export interface CommandLine {
  commands: readonly Command[];
  /** Every option; those that belong to no command may stand before it. */
  options: readonly Option[];
}

export function optionFlags({ name, alias }: Option): string[] {
  return alias === undefined ? [`--${name}`] : [`-${alias}`, `--${name}`];
}

export function commandOptions(command: Command, options: readonly Option[]): Option[] {
  return options.filter(({ name }) =>
    name === "help" ||
    [command, ...command.commands ?? []].some((each) => each.options.includes(name))
  );
}

export function globalOptions(options: readonly Option[]): Option[] {
  return options.filter(isGlobal);
}

export function isGlobal({ name }: Option): boolean {
  return globals().some((option) => option.name === name);
}

export function valueOptions(options: readonly Option[]): Option[] {
  return options.filter(({ value }) => value !== undefined);
}

/** Finds the commands after which `--` begins another program's command line. */
export function restCommands(commands: readonly Command[]): string[] {
  return commands.filter(({ rest }) => rest).map(({ name }) => name);
}

export function fileCommands(commands: readonly Command[]): string[] {
  return commands.filter(({ words }) => words.includes("FILE")).map(({ name }) => name);
}

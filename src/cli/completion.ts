// What completions know of the command line. All of it is read from the tables that the parser
// and the help stand on, so that none of them can fall behind.

import type { Command } from "./command.ts";
import type { Option } from "./options.ts";

export interface CommandLine {
  commands: readonly Command[];
  /** Every option; those that belong to no command may stand before it. */
  options: readonly Option[];
}

export function optionFlags({ name, short }: Option): string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

export function commandOptions(command: Command, options: readonly Option[]): Option[] {
  return options.filter(({ name }) => name === "help" || command.options.includes(name));
}

export function globalOptions(options: readonly Option[]): Option[] {
  return options.filter(({ commands }) => commands === undefined);
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

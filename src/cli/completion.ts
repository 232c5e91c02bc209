/**
 * What completions know of the command line. All of it is read from the tables that the parser and
 * the help stand on, so that none of them can fall behind.
 *
 * @module
 */

import type { Command } from "./command.ts";
import type { Option } from "./options.ts";

/** The command line, as completions see it. */
export interface CommandLine {
  /** Every command. */
  commands: readonly Command[];
  /** Every option; those that belong to no command may stand before it. */
  options: readonly Option[];
}

/**
 * Tells how an option is typed.
 *
 * @param option The option.
 * @returns Its short form, if any, and its long one.
 */
export function optionFlags({ name, short }: Option): string[] {
  return short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
}

/**
 * Tells which options are offered after a command.
 *
 * @param command The command.
 * @param options Every option.
 * @returns Those that change what the command does, and its help.
 */
export function commandOptions(command: Command, options: readonly Option[]): Option[] {
  return options.filter(({ name }) => name === "help" || command.options.includes(name));
}

/**
 * Tells which options are offered before there is a command.
 *
 * @param options Every option.
 * @returns Those that every command knows.
 */
export function globalOptions(options: readonly Option[]): Option[] {
  return options.filter(({ commands }) => commands === undefined);
}

/**
 * Finds the options that take the next word as their value.
 *
 * @param options Every option.
 * @returns Those with a value.
 */
export function valueOptions(options: readonly Option[]): Option[] {
  return options.filter(({ value }) => value !== undefined);
}

/**
 * Finds the commands after which `--` begins another program's command line.
 *
 * @param commands Every command.
 * @returns Their names.
 */
export function restCommands(commands: readonly Command[]): string[] {
  return commands.filter(({ rest }) => rest).map(({ name }) => name);
}

/**
 * Finds the commands whose word is a file.
 *
 * @param commands Every command.
 * @returns Their names.
 */
export function fileCommands(commands: readonly Command[]): string[] {
  return commands.filter(({ words }) => words.includes("FILE")).map(({ name }) => name);
}

// What a shell offers for the word under the cursor. Names of entries are data: they are printed one
// per line, quoted for the shell, and nothing in them is ever evaluated.

import { LAYOUT_NAMES } from "../../layouts/names.ts";
import type { Keyring } from "../../keyring.ts";
import type { Command } from "../command.ts";
import { COMMAND_NAMES, loadCommands } from "../commands.ts";
import { globalOptions } from "../help.ts";
import { type Option, OPTIONS } from "../options.ts";
import { isWord } from "../scan.ts";

/** The offers: texts, or something that only the shell itself can list. */
export type Offers = readonly string[] | "files" | "programs";

/** Opens the keyring of a name, or the chosen one, if listing it never prompts. */
export type OpenQuietly = (name: string | undefined) => Promise<Keyring | undefined>;

/** The words before the cursor, without the name of the program; the last one may be empty. */
export interface Line {
  words: readonly string[];
  openQuietly: OpenQuietly;
  listBackends: () => readonly string[];
  signal: AbortSignal;
}

export async function complete(line: Line): Promise<Offers> {
  const parsed = parseWords(line.words, await loadCommands(line.words));
  const offers = await offersOf(parsed, line);
  return typeof offers === "string"
    ? offers
    : offers.filter((offer) => offer.startsWith(parsed.current));
}

async function offersOf(parsed: ParsedWords, line: Line): Promise<Offers> {
  const { current, command, operands, option, isRest } = parsed;
  if (isRest && command?.rest) return operands.length === 0 ? "programs" : "files";
  if (isRest) return await operandsOf(parsed, line);
  const [, start, flag] = /^((--[^=]+)=)/.exec(current) ?? [];
  if (start !== undefined && flag !== undefined) {
    const values = valuesOf(findOption(flag, command), line);
    return typeof values === "string" ? values : values.map((value) => start + value);
  }
  if (option) return valuesOf(option, line);
  return current.startsWith("-") ? optionNames(command) : await operandsOf(parsed, line);
}

interface ParsedWords {
  current: string;
  /** The command, or the one below it. */
  command: Command | undefined;
  /** The words after the command that are not options. */
  operands: string[];
  /** The option whose value is being written. */
  option: Option | undefined;
  /** Whether the cursor is behind `--`. */
  isRest: boolean;
  backend: string | undefined;
  /** The commands that are among the words. */
  commands: readonly Command[];
}

function parseWords(words: readonly string[], commands: readonly Command[]): ParsedWords {
  const parsed: ParsedWords = {
    current: words.at(-1) ?? "",
    command: undefined,
    operands: [],
    option: undefined,
    isRest: false,
    backend: undefined,
    commands,
  };
  for (const word of words.slice(0, -1)) readWord(parsed, word);
  return parsed;
}

function readWord(parsed: ParsedWords, word: string): void {
  const { command, option, operands } = parsed;
  parsed.option = undefined;
  if (option) {
    if (option.name === "keyring-backend") parsed.backend = word;
  } else if (parsed.isRest) operands.push(word);
  else if (word === "--") {
    parsed.isRest = true;
    if (command?.rest) parsed.operands = [];
  } else if (word.startsWith("-") && word !== "-") {
    const found = findOption(word.replace(/=.*$/s, ""), command);
    if (!word.includes("=") && found?.value) parsed.option = found;
    else if (found?.name === "keyring-backend") parsed.backend = word.slice(word.indexOf("=") + 1);
  } else {
    const below = (command ? command.commands : parsed.commands)?.find(({ name }) => name === word);
    if (below && operands.length === 0) parsed.command = below;
    else operands.push(word);
  }
}

function findOption(word: string, command: Command | undefined): Option | undefined {
  return optionsOf(command).find(({ name, alias }) => word === `--${name}` || word === `-${alias}`);
}

function optionsOf(command: Command | undefined): readonly Option[] {
  if (!command) return globalOptions();
  return OPTIONS.filter(({ name }) => command.options.includes(name) || name === "help");
}

function optionNames(command: Command | undefined): string[] {
  return optionsOf(command).map(({ name }) => `--${name}`);
}

function valuesOf(option: Option | undefined, line: Line): Offers {
  if (option?.offers === "files") return "files";
  if (option?.offers === "backends") return line.listBackends();
  if (option?.offers === "sources") return [...LAYOUT_NAMES, ...line.listBackends()];
  return option?.choices ?? [];
}

async function operandsOf(parsed: ParsedWords, line: Line): Promise<Offers> {
  const { command, operands } = parsed;
  if (!command) return operands[0] === "help" || operands.length === 0 ? topics(parsed) : [];
  if (command.commands && operands.length === 0) return namesOf(command.commands);
  const word = command.words.split(" ")[operands.length]?.replace(/[[\]]/g, "");
  if (word === "FILE") return "files";
  if (word !== "SERVICE" && word !== "USERNAME") return [];
  const names = await entryNames(word, operands[0], parsed.backend, line);
  // Before "--" the command would take "-x" for an option.
  return names.filter((name) => parsed.isRest || isWord(name));
}

async function entryNames(
  word: "SERVICE" | "USERNAME",
  service: string | undefined,
  backend: string | undefined,
  { openQuietly, signal }: Line,
): Promise<string[]> {
  const keyring = await openQuietly(backend);
  if (!keyring) return [];
  const options = word === "USERNAME" && service !== undefined ? { service, signal } : { signal };
  const entries = await keyring.list(options);
  const names = entries.map((entry) => word === "SERVICE" ? entry.service : entry.username);
  // A line break would split a name in two, other control characters affect the terminal, and U+FFFD
  // is refused as an argument.
  return [...new Set(names)].filter((name) =>
    name !== "" && !/[\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(name)
  );
}

/** The commands, and `help` before one of them. */
function topics({ operands, commands }: ParsedWords): string[] {
  const above = commands.find(({ name }) => name === operands[1])?.commands;
  if (operands.length === 0) return [...COMMAND_NAMES, "help"];
  return operands.length === 1 ? [...COMMAND_NAMES] : namesOf(above ?? []);
}

function namesOf(commands: readonly Command[]): string[] {
  return commands.map(({ name }) => name);
}

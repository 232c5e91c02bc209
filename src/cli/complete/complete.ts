// What a shell offers for the word under the cursor. Names of entries are data: they are printed one
// per line, quoted for the shell, and nothing in them is ever evaluated.

import type { Keyring } from "../../keyring.ts";
import type { Command } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { globalOptions } from "../help.ts";
import { type Option, OPTIONS } from "../options.ts";

/** What is offered: texts, or what only the shell itself can list. */
export type Offers = readonly string[] | "files" | "programs";

/** Opens the keyring of a name, or the chosen one, if listing it asks nobody for anything. */
export type OpenQuietly = (name: string | undefined) => Promise<Keyring | undefined>;

/** The words before the cursor, without the name of the program; the last one may be empty. */
export interface Line {
  words: readonly string[];
  openQuietly: OpenQuietly;
  listBackends: () => readonly string[];
  signal: AbortSignal;
}

export async function complete(line: Line): Promise<Offers> {
  const parsed = parseWords(line.words);
  const { current, command, operands, option } = parsed;
  if (parsed.isRest) return command?.rest ? (operands.length === 0 ? "programs" : "files") : [];
  const [, start, value] = /^(--[^=]+=)(.*)$/s.exec(current) ?? [];
  if (start !== undefined && value !== undefined) {
    const offers = valuesOf(findOption(start.slice(0, -1), command), line);
    return typeof offers === "string"
      ? offers
      : withStart(offers.map((one) => start + one), current);
  }
  if (option) {
    const offers = valuesOf(option, line);
    return typeof offers === "string" ? offers : withStart(offers, current);
  }
  if (current.startsWith("-")) return withStart(optionNames(command), current);
  const offers = await operandsOf(parsed, line);
  return typeof offers === "string" ? offers : withStart(offers, current);
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
}

function parseWords(words: readonly string[]): ParsedWords {
  const parsed: ParsedWords = {
    current: words.at(-1) ?? "",
    command: undefined,
    operands: [],
    option: undefined,
    isRest: false,
    backend: undefined,
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
    parsed.operands = [];
  } else if (word.startsWith("-") && word !== "-") {
    const found = findOption(word.replace(/=.*$/s, ""), command);
    if (!word.includes("=") && found?.value) parsed.option = found;
    else if (found?.name === "keyring-backend") parsed.backend = word.slice(word.indexOf("=") + 1);
  } else {
    const below = (command ? command.commands : COMMANDS)?.find(({ name }) => name === word);
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
  return option?.offers === "backends" ? line.listBackends() : option?.choices ?? [];
}

async function operandsOf(parsed: ParsedWords, line: Line): Promise<Offers> {
  const { command, operands } = parsed;
  if (!command) return operands[0] === "help" || operands.length === 0 ? topics(operands) : [];
  if (command.commands && operands.length === 0) return namesOf(command.commands);
  const word = command.words.split(" ")[operands.length]?.replace(/[[\]]/g, "");
  if (word === "FILE") return "files";
  if (word !== "SERVICE" && word !== "USERNAME") return [];
  return await entryNames(word, operands[0], parsed.backend, line);
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
  // A line break would make two names of one, and other controls do things to a terminal.
  return [...new Set(names)].filter((name) => name !== "" && !/[\p{C}\p{Zl}\p{Zp}]/u.test(name));
}

/** The commands, and `help` before one of them. */
function topics(operands: readonly string[]): string[] {
  const above = COMMANDS.find(({ name }) => name === operands[1])?.commands;
  if (operands.length === 0) return [...namesOf(COMMANDS), "help"];
  return operands.length === 1 ? namesOf(COMMANDS) : namesOf(above ?? []);
}

function namesOf(commands: readonly Command[]): string[] {
  return commands.map(({ name }) => name);
}

function withStart(offers: readonly string[], start: string): string[] {
  return offers.filter((offer) => offer.startsWith(start));
}

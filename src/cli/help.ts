import type { Command } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { ALL_OPTIONS, type Option, OPTIONS, valueName } from "./options.ts";
import { formatColumns } from "./output.ts";

const WIDTH = 80;
const INDENT = "               ";

const EXAMPLES = [
  "keyring set my_app alice            ask for a password and store it",
  "keyring get my_app alice            print it",
  "keyring del my_app alice            delete it",
];

const INSTALL = [
  "Linux:    deno install -g --allow-run=/usr/bin/secret-tool jsr:@os-keyring/keyring/cli",
  "macOS:    deno install -g --allow-run=/usr/bin/security jsr:@os-keyring/keyring/cli",
  "Windows:  deno install -g --allow-ffi=C:\\Windows\\System32 jsr:@os-keyring/keyring/cli",
];

export function usage(): string {
  const names = COMMANDS.map(({ name }) => name).join(",");
  const parts = [...OPTIONS.map(shortForm), `[{${names}}]`, "[service]", "[username]"];
  const lines: string[] = [];
  let line = "usage: keyring";
  for (const part of parts) {
    if (line.length + 1 + part.length > WIDTH) {
      lines.push(line);
      line = INDENT.slice(1);
    }
    line += ` ${part}`;
  }
  return [...lines, line, ""].join("\n");
}

function shortForm(option: Option): string {
  const name = option.short === undefined ? `--${option.name}` : `-${option.short}`;
  return option.value === undefined ? `[${name}]` : `[${name} ${valueName(option)}]`;
}

export function help(version: string): string {
  const commands = COMMANDS.map(({ name, words, summary }) => [`  ${name} ${words}`, summary]);
  return [
    `keyring ${version}\n` +
    "Stores, reads and deletes passwords in the operating system's own keyring.\n",
    usage(),
    `commands:\n${formatColumns(commands)}`,
    `options:\n${formatOptions(OPTIONS)}`,
    `examples:\n${indented(EXAMPLES)}`,
    `install:\n${indented(INSTALL)}`,
    "exit codes: 0 done, 1 not found or failed, 2 wrong usage\n",
  ].join("\n");
}

export function commandHelp(command: Command, path: string): string {
  const { words, summary, details, examples, commands = [] } = command;
  const options = ALL_OPTIONS.filter(({ name }) =>
    command.options.includes(name) || name === "help"
  );
  const below = commands.map(({ name, words, summary }) => [`  ${name} ${words}`, summary]);
  return [
    `usage: keyring ${`${path} [options] ${words}`.trimEnd()}\n`,
    `${summary}.\n${details}\n`,
    ...(below.length > 0 ? [`commands:\n${formatColumns(below)}`] : []),
    `options:\n${formatOptions(options)}`,
    `examples:\n${indented(examples)}`,
  ].join("\n");
}

function formatOptions(options: readonly Option[]): string {
  return formatColumns(options.map((option) => {
    const letter = option.short === undefined ? "    " : `-${option.short}, `;
    return [`  ${letter}--${option.name} ${valueName(option)}`.trimEnd(), helpOf(option)];
  }));
}

function helpOf({ help, repeat }: Option): string {
  return repeat ? `${help}; may be repeated` : help;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}\n`).join("");
}

import { wrap } from "./columns.ts";
import type { Command, Located } from "./command.ts";
import { GET } from "./commands/get.ts";
import { type Option, OPTIONS } from "./options.ts";

type Row = readonly [term: string, text: string];

const HELP: Row = ["help [COMMAND]", "Show this help, or that of a command"];

const EXAMPLES: readonly Row[] = [
  ["keyring set my_app alice", "ask for a password and store it"],
  ["keyring get my_app alice", "print it"],
  ["keyring del my_app alice", "delete it"],
];

const PACKAGE = "jsr:@os-keyring/keyring@^0.1";

const INSTALL = [
  `deno install -gf -A -n keyring ${PACKAGE}/cli`,
  `deno run ${PACKAGE}/cli setup   # to grant less`,
];

// A narrower column of texts is unreadable: they go below the terms instead.
const NARROWEST = 60;
const WIDEST_TERM = 30;

/** Shows how a command is called, and after a usage error also where to find help. */
export function usage(located: Located | undefined, width: number, hint = false): string {
  const start = "usage: keyring ";
  const indent = width < NARROWEST ? 4 : start.length;
  const forms = located
    ? [...located.path.split(" "), "[options]", ...located.command.words.split(" ")]
    : ["[options]", "COMMAND", "[ARG]..."];
  const lines = `${wrap(forms, width, start, indent).join("\n").trimEnd()}\n`;
  return hint
    ? `${lines}help:  ${["keyring help", located?.path ?? ""].join(" ").trim()}\n`
    : lines;
}

// get takes all the options that Python's commands take.
export function globalOptions(): Option[] {
  return OPTIONS.filter(({ name, action }) => action || GET.options.includes(name));
}

export function help(version: string, commands: readonly Command[], width: number): string {
  return [
    `keyring ${version}\n` +
    paragraph("Stores, reads and deletes passwords in the operating system's own keyring.", width),
    usage(undefined, width),
    `commands:\n${describe([...commands.map(commandRow), HELP], width)}`,
    `options:\n${describe(globalOptions().map(optionRow), width)}`,
    `examples:\n${describe(EXAMPLES, width)}`,
    `install:\n${INSTALL.map((line) => `  ${line}\n`).join("")}`,
    paragraph("exit codes: 0 success, 1 not found or failed, 2 usage error", width) +
    paragraph("documentation: README.md and docs/ of the package @os-keyring/keyring", width),
  ].join("\n");
}

export function commandHelp(
  located: Located,
  width: number,
  os: typeof Deno.build.os,
): string {
  const { summary, details, commands = [], options } = located.command;
  const own = OPTIONS.filter(({ name }) => options.includes(name) || name === "help");
  return [
    usage(located, width),
    paragraph(`${summary}.`, width) + paragraph(details, width),
    ...(commands.length > 0 ? [`commands:\n${describe(commands.map(commandRow), width)}`] : []),
    `options:\n${describe(own.map(optionRow), width)}`,
    examplesOf(located.command, os),
  ].join("\n");
}

function examplesOf({ examples, powershell }: Command, os: typeof Deno.build.os): string {
  const [title, lines] = os === "windows" && powershell
    ? ["examples (PowerShell)", powershell] as const
    : ["examples", examples] as const;
  return `${title}:\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function commandRow({ name, words, summary }: Command): Row {
  return [`${name} ${words}`.trimEnd(), summary];
}

function optionRow({ name, alias, value, choices, repeat, help }: Option): Row {
  const term = `${alias === undefined ? "    " : `-${alias}, `}--${name} ${value ?? ""}`.trimEnd();
  const text = choices ? `${help} (${choices.join(", ")})` : help;
  return [term, repeat ? `${text}; may be repeated` : text];
}

function describe(rows: readonly Row[], width: number): string {
  const terms = rows.map(([term]) => term.length).filter((each) => each <= WIDEST_TERM);
  const column = width < NARROWEST ? 8 : Math.max(...terms) + 4;
  return rows.map(([term, text]) => {
    const words = text.split(" ");
    const fits = width >= NARROWEST && term.length + 4 <= column;
    const lines = fits
      ? wrap(words, width, `  ${term}`.padEnd(column), column)
      : [`  ${term}`, ...wrap(words, width, " ".repeat(column), column)];
    return lines.map((line) => `${line}\n`).join("");
  }).join("");
}

function paragraph(text: string, width: number): string {
  return wrap(text.split(/\s+/), width).map((line) => `${line}\n`).join("");
}

/** The width of a help text for a terminal with this many columns. */
export function helpWidth(columns = 80): number {
  // Longer lines are hard to read, and words do not fit into much shorter ones.
  return Math.min(Math.max(columns, 20), 100);
}

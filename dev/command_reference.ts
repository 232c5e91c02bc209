/**
 * Writes docs/command.md from the table that `--help` prints: `deno task docs`.
 *
 * @module
 */

import type { Command } from "../src/cli/command.ts";
import { loadCommands } from "../src/cli/commands.ts";
import { globalOptions } from "../src/cli/help.ts";
import { type Option, OPTIONS } from "../src/cli/options.ts";
import { REPOSITORY } from "./rig/cache.ts";

const START = `# The command

Generated from the text of \`--help\`; \`keyring help COMMAND\` shows the same. Options may come before,
between and after the arguments. [Getting started](./getting-started.md) has the exit codes.

`;

/** Makes the reference of all commands and options, as Markdown. */
export async function commandReference(): Promise<string> {
  const commands = await loadCommands();
  const rows = commands.map((command) =>
    `| [\`${form(command)}\`](#keyring-${command.name}) | ${command.summary} |`
  );
  const parts = [
    `${START}| Command | Description |\n| --- | --- |\n${rows.join("\n")}\n`,
    `## Options of every command\n\n${optionTable(globalOptions().filter(isGlobal))}`,
    ...commands.flatMap((command) => sections(command)),
  ];
  return await formatted(parts.join("\n"));
}

// The options that choose the keyring are listed once.
function isGlobal({ name, action }: Option): boolean {
  return action === true || /^keyring-|^ignore-config$/.test(name);
}

function sections(command: Command, before = "", level = "##"): string[] {
  const { commands = [], summary, details, options, examples } = command;
  const own = OPTIONS.filter((option) => options.includes(option.name) && !isGlobal(option));
  const path = `${before}${command.name}`;
  const text = [
    `${level} keyring ${path}\n`,
    `\`\`\`\nkeyring ${`${before}${form(command)}`}\n\`\`\`\n`,
    `${summary}. ${details.replaceAll(/\s+/g, " ")}\n`,
    ...(own.length > 0 ? [optionTable(own)] : []),
    ...(commands.length > 0 ? [] : [`\`\`\`sh\n${examples.join("\n")}\n\`\`\`\n`]),
  ];
  return [
    text.join("\n"),
    ...commands.flatMap((each) => sections(each, `${path} `, `${level}#`)),
  ];
}

function form({ name, words }: Command): string {
  return `${name} ${words}`.trimEnd();
}

function optionTable(options: readonly Option[]): string {
  const rows = options.map(({ name, alias, value, choices, repeat, help }) => {
    const term = [alias === undefined ? "" : `-${alias}, `, `--${name}`, value ? ` ${value}` : ""];
    const more = [
      ...(choices ? [`one of ${choices.map((choice) => `\`${choice}\``).join(", ")}`] : []),
      ...(repeat ? ["may be repeated"] : []),
    ];
    return `| \`${term.join("")}\` | ${[escaped(help), ...more].join("; ")} |`;
  });
  return `| Option | Description |\n| --- | --- |\n${rows.join("\n")}\n`;
}

function escaped(text: string): string {
  return text.replaceAll(/[|*_<]/g, "\\$&");
}

async function formatted(text: string): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--ext", "md", "-"],
    cwd: REPOSITORY,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = process.output();
  await new Response(text).body?.pipeTo(process.stdin);
  return new TextDecoder().decode((await output).stdout);
}

if (import.meta.main) {
  await Deno.writeTextFile(`${REPOSITORY}/docs/command.md`, await commandReference());
}

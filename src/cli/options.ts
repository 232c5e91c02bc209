import { TYPES } from "../backends/windows/manager_types.ts";
import type { OptionName } from "./command.ts";

export interface Option {
  /** Its long name, without the dashes. */
  name: OptionName;
  short?: string;
  /** What its value is called; an option without one is a switch. */
  value?: string;
  /** The only values that it takes. */
  choices?: readonly string[];
  /** What completions offer for its value, when that is not its choices. */
  offers?: "files" | "backends";
  /** Whether the rest of the command line no longer matters once it is seen. */
  ends?: true;
  /** Whether it may be given again: all its values count, where else the last one does. */
  repeat?: true;
  /** The only commands that know it; it stands after their name. Without them, all do. */
  commands?: readonly string[];
  help: string;
}

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

export const FORMATS = ["jsonl", "csv"] as const;

export const ON_CONFLICT = ["fail", "skip", "replace"] as const;

export const OPTIONS: readonly Option[] = [
  { name: "help", short: "h", ends: true, help: "Show this help, or that of a command" },
  { name: "version", ends: true, help: "Show the version" },
  {
    name: "keyring-path",
    short: "p",
    value: "KEYRING_PATH",
    offers: "files",
    help: "Where the keyring is that -b names, if your own",
  },
  {
    name: "keyring-backend",
    short: "b",
    value: "KEYRING_BACKEND",
    offers: "backends",
    help: "The keyring to use instead of the chosen one",
  },
  { name: "list-backends", help: "List the keyrings that can be used here" },
  { name: "disable", help: "Write a config file that turns the keyring off" },
  {
    name: "mode",
    value: "MODE",
    choices: ["password", "creds"],
    help: "What get prints: password, or username before",
  },
  {
    name: "output",
    value: "OUTPUT",
    choices: ["plain", "json"],
    help: "The form that get and list print in",
  },
  {
    name: "print-completion",
    value: "SHELL",
    choices: SHELLS,
    ends: true,
    help: "Print the completions for this shell",
  },
  { name: "binary", help: "Let set and get take and print bytes exactly" },
  { name: "no-newline", short: "n", help: "Let get print no newline after the password" },
];

const LISTS = ["list", "windows"];
const WINDOWS = ["windows"];
const FILE = ["file"];

/** The options of certain commands, which leave the usage of all others as it is in Python. */
export const COMMAND_OPTIONS: readonly Option[] = [
  {
    name: "target",
    value: "PATTERN",
    commands: ["list", "export"],
    help: "Only services that fit; each * stands for any text",
  },
  {
    name: "all",
    commands: LISTS,
    help: "On Windows, every credential of every type, also hidden ones",
  },
  {
    name: "type",
    value: "TYPE",
    choices: TYPES,
    commands: WINDOWS,
    help: "The type of the credential; generic if left out",
  },
  {
    name: "user",
    value: "USER",
    commands: WINDOWS,
    help: "The user name to store",
  },
  {
    name: "persist",
    value: "PERSIST",
    choices: ["session", "local", "enterprise"],
    commands: WINDOWS,
    help: "Keep it until log-off, on this machine (the default), or roaming",
  },
  {
    name: "comment",
    value: "COMMENT",
    commands: WINDOWS,
    help: "The comment to store",
  },
  {
    name: "encoding",
    value: "ENCODING",
    choices: ["auto", "utf-16le", "utf-8", "bytes"],
    commands: WINDOWS,
    help: "How the secret encodes text; UTF-16LE is written, and found out when read",
  },
  {
    name: "format",
    value: "FORMAT",
    choices: FORMATS,
    commands: ["import", "export"],
    help: "JSON Lines or CSV; found out when left out",
  },
  { name: "dry-run", commands: ["import"], help: "Check the file, and store nothing" },
  {
    name: "on-conflict",
    value: "ACTION",
    choices: ON_CONFLICT,
    commands: ["import"],
    help: "What to do when there is such an entry already; fail if left out",
  },
  {
    name: "out",
    short: "o",
    value: "FILE",
    offers: "files",
    commands: ["export"],
    help: "Write a file that only you may read",
  },
  { name: "force", commands: ["export"], help: "Replace the file of --out" },
  { name: "names-only", commands: ["export"], help: "Leave the secrets out, and read none" },
  {
    name: "identity",
    value: "FILE",
    offers: "files",
    commands: FILE,
    help: "The identity file that opens the encrypted file; init makes it when it is missing",
  },
  {
    name: "recipient",
    value: "RECIPIENT",
    repeat: true,
    commands: FILE,
    help: "Who can open the new encrypted file, too (age1...)",
  },
  {
    name: "add",
    value: "RECIPIENT",
    repeat: true,
    commands: FILE,
    help: "Who shall be able to open the encrypted file (age1...)",
  },
  {
    name: "remove",
    value: "RECIPIENT",
    repeat: true,
    commands: FILE,
    help: "Who shall not any more (age1...)",
  },
  {
    name: "env",
    value: "NAME=SERVICE/USERNAME",
    repeat: true,
    commands: ["run"],
    help: "A variable, and the entry whose password it gets",
  },
  {
    name: "env-file",
    value: "FILE",
    offers: "files",
    repeat: true,
    commands: ["run"],
    help: "A file with a line NAME=SERVICE/USERNAME for each",
  },
];

export const ALL_OPTIONS: readonly Option[] = [...OPTIONS, ...COMMAND_OPTIONS];

export function optionsOf(command: string | undefined): readonly Option[] {
  return ALL_OPTIONS.filter(({ commands }) =>
    commands === undefined || (command !== undefined && commands.includes(command))
  );
}

export function valueName({ value, choices }: Option): string {
  if (value === undefined) return "";
  return choices ? `{${choices.join(",")}}` : value;
}

export function errorName({ name, short }: Option): string {
  return short === undefined ? `--${name}` : `-${short}/--${name}`;
}

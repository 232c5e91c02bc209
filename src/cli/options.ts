import { TYPES } from "../backends/windows/manager_types.ts";
import { LAYOUT_NAMES } from "../layouts/names.ts";
import type { OptionName } from "./command.ts";

export interface Option {
  /** Its long name, without the dashes. */
  name: OptionName;
  /** Its letter. */
  alias?: string;
  /** The name of its value; an option without one is a flag. */
  value?: string;
  /** The allowed values. */
  choices?: readonly string[];
  /** What completion offers for its value, if not its choices. */
  offers?: "files" | "backends" | "sources";
  /** All its values count, rather than only the last. */
  repeat?: true;
  /** It is done instead of a command, and accepted with any command. */
  action?: true;
  /** Nothing after it matters. */
  ends?: true;
  help: string;
}

export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;

const FORMATS = ["jsonl", "csv"] as const;

const ON_CONFLICT = ["fail", "skip", "replace"] as const;

/** Every option, Python's first. Each command lists the ones that it takes. */
export const OPTIONS: readonly Option[] = [
  {
    name: "help",
    alias: "h",
    action: true,
    ends: true,
    help: "Show this help, or that of a command",
  },
  { name: "version", action: true, ends: true, help: "Show the version" },
  {
    name: "keyring-path",
    alias: "p",
    value: "KEYRING_PATH",
    offers: "files",
    help: "Directory of the module given to -b",
  },
  {
    name: "keyring-backend",
    alias: "b",
    value: "KEYRING_BACKEND",
    offers: "backends",
    help: "The keyring to use instead of the chosen one",
  },
  {
    name: "ignore-config",
    help: "Use this system's keyring, ignoring the environment and the config file",
  },
  {
    name: "layout",
    value: "PROGRAM",
    choices: LAYOUT_NAMES,
    help: "Use the entries of this program in the system's store; python if omitted",
  },
  { name: "list-backends", action: true, help: "List the keyrings that can be used here" },
  { name: "disable", action: true, help: "Write a config file that turns the keyring off" },
  {
    name: "mode",
    value: "MODE",
    choices: ["password", "creds"],
    help: "What to print; creds is the username, then the password",
  },
  { name: "output", value: "OUTPUT", choices: ["plain", "json"], help: "Output format" },
  {
    name: "print-completion",
    value: "SHELL",
    choices: SHELLS,
    action: true,
    ends: true,
    help: "Print the completion script for this shell",
  },
  { name: "binary", help: "Read or print the bytes exactly" },
  { name: "empty", help: "Store the empty password; read none" },
  { name: "no-newline", alias: "n", help: "Do not print the newline" },
  {
    name: "target",
    value: "PATTERN",
    help: "Only matching services; each * matches any text",
  },
  {
    name: "all",
    help: "On Windows, list every credential of every type, hidden ones included",
  },
  {
    name: "type",
    value: "TYPE",
    choices: TYPES,
    help: "The type of the credential; generic if omitted",
  },
  {
    name: "user",
    value: "USER",
    help: "The user name to store",
  },
  {
    name: "persist",
    value: "PERSIST",
    choices: ["session", "local", "enterprise"],
    help: "Keep it until logoff, on this machine (the default), or roaming",
  },
  {
    name: "comment",
    value: "COMMENT",
    help: "The comment to store",
  },
  {
    name: "encoding",
    value: "ENCODING",
    choices: ["auto", "utf-16le", "utf-8", "bytes"],
    help: "How text is encoded on Windows; if omitted, detected on read, UTF-16LE on write",
  },
  {
    name: "format",
    value: "FORMAT",
    choices: FORMATS,
    help: "JSON Lines or CSV; detected if omitted",
  },
  {
    name: "map",
    value: "FIELD=COLUMN,...",
    repeat: true,
    help: "Which column of a CSV file holds which field; other columns are ignored",
  },
  { name: "dry-run", help: "Only report what would be done" },
  {
    name: "on-conflict",
    value: "ACTION",
    choices: ON_CONFLICT,
    help: "What to do with an entry that already exists; fail if omitted",
  },
  {
    name: "out",
    alias: "o",
    value: "FILE",
    offers: "files",
    help: "Write a file that only you can read",
  },
  { name: "force", help: "Replace the file given to --out, or entries that differ" },
  {
    name: "from",
    value: "SOURCE",
    offers: "sources",
    help: "The program or the keyring to copy from",
  },
  {
    name: "to",
    value: "TARGET",
    offers: "sources",
    help: "The program or the keyring to copy to; the chosen keyring if omitted",
  },
  {
    name: "service",
    value: "SERVICE",
    repeat: true,
    help: "Only the entries of this service; all if omitted",
  },
  {
    name: "rename",
    value: "OLD=NEW",
    repeat: true,
    help: "Store the entries of the service OLD for the service NEW",
  },
  { name: "delete", help: "Delete each entry that was copied" },
  {
    name: "skip-unreadable",
    help: "Leave out entries whose secrets cannot be read, and exit with 1",
  },
  { name: "names-only", help: "Leave out the secrets, and read none" },
  {
    name: "identity",
    value: "FILE",
    offers: "files",
    help: "The identity file that opens the encrypted file; init creates a missing one",
  },
  {
    name: "recipient",
    value: "RECIPIENT",
    repeat: true,
    help: "Another recipient who can open the new encrypted file (age1...)",
  },
  {
    name: "add",
    value: "RECIPIENT",
    repeat: true,
    help: "Recipient to add (age1...)",
  },
  {
    name: "remove",
    value: "RECIPIENT",
    repeat: true,
    help: "Recipient to remove (age1...)",
  },
  {
    name: "env",
    value: "NAME=SERVICE/USERNAME",
    repeat: true,
    help: "A variable, and the entry whose password is its value",
  },
  {
    name: "env-file",
    value: "FILE",
    offers: "files",
    repeat: true,
    help: "An .env file with values of keyring://SERVICE/USERNAME",
  },
  {
    name: "store",
    value: "NAME",
    offers: "backends",
    repeat: true,
    help: "A keyring to use; the chosen one if omitted",
  },
  { name: "run", value: "PROGRAM", repeat: true, help: "A program to start with keyring run" },
  { name: "read", value: "PATH", offers: "files", repeat: true, help: "A file to read" },
  {
    name: "write",
    value: "FOLDER",
    offers: "files",
    repeat: true,
    help: "A folder to write files to, such as exports",
  },
];

/** Finds the option of `--name` or `-n`, ignoring anything attached with `=`. */
export function findOption(flag: string): Option | undefined {
  const [key = ""] = flag.split("=", 1);
  return OPTIONS.find(({ name, alias }) => key === `--${name}` || key === `-${alias}`);
}

export function errorName({ name, alias }: Option): string {
  return alias === undefined ? `--${name}` : `-${alias}/--${name}`;
}

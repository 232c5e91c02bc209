/**
 * What a sub-command is, and what it is given.
 *
 * @module
 */

import type { EncryptedFileKeyring, EncryptedFileOptions } from "../backends/file/backend.ts";
import type { Choice, StoreReport } from "../choose.ts";
import type { LogonReport } from "../backends/windows/logon_report.ts";
import type { CredentialManager } from "../backends/windows/manager.ts";
import type { CallOptions, Keyring } from "../keyring.ts";
import type { Program } from "./run/program.ts";
import type { CreateOptions } from "../registry.ts";

/** Where the command line reads from. */
export interface Input {
  /** Whether a person types there. */
  isTerminal(): boolean;
  /** Reads some bytes; `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** What the command line needs of the Credential Manager. */
export type Manager = Pick<CredentialManager, "read" | "write" | "delete" | "enumerate">;

/** What the command line needs of an encrypted file. */
export type EncryptedFile = Pick<
  EncryptedFileKeyring,
  "path" | "create" | "recipients" | "changeRecipients" | "changePassphrase"
>;

/** What the command line stands on; tests replace parts of it. */
export interface Parts {
  /** Where a password is piped in. */
  stdin: Input;
  /** Writes all of these bytes to standard output, or rejects. */
  writeOut(bytes: Uint8Array): Promise<void>;
  /** Writes all of these bytes to standard error, or rejects. */
  writeErr(bytes: Uint8Array): Promise<void>;
  /** Asks a person for a password, which is not shown. */
  prompt(question: string): Promise<string>;
  /** Chooses the keyring. */
  choose(options?: CreateOptions): Promise<Choice>;
  /** Makes the keyring that `--keyring-backend` names. */
  load(name: string, path?: string, options?: CreateOptions): Promise<Keyring>;
  /** Looks at every store. */
  describeStores(options?: CallOptions): Promise<StoreReport[]>;
  /** Opens the Credential Manager of Windows. */
  manager(): Promise<Manager>;
  /** Makes the keyring of an encrypted file. */
  encryptedFile(options: EncryptedFileOptions): Promise<EncryptedFile>;
  /** Tells what Windows lets this logon store. */
  describeLogon(): Promise<LogonReport>;
  /** How many columns the terminal has; `undefined` where the output goes elsewhere. */
  columns(): number | undefined;
  /** Whether standard output is a terminal. */
  outIsTerminal(): boolean;
  /** How many columns the terminal of standard error has; `undefined` where it goes elsewhere. */
  errColumns(): number | undefined;
  /** Runs a program to its end and tells its exit code. */
  runProgram(program: Program): Promise<number>;
  /** The system, whose line ends decide what is stripped from a pipe. */
  os: typeof Deno.build.os;
}

/** What the options were set to. */
export interface OptionValues {
  /** Show the help instead. */
  help?: boolean;
  /** Show the version instead. */
  version?: boolean;
  /** Where a keyring of the user's own is. */
  "keyring-path"?: string;
  /** The keyring to use. */
  "keyring-backend"?: string;
  /** List the keyrings instead. */
  "list-backends"?: boolean;
  /** Write a config that turns the keyring off. */
  disable?: boolean;
  /** What `get` prints. */
  mode?: string;
  /** The form that it is printed in. */
  output?: string;
  /** Print the completions for this shell instead. */
  "print-completion"?: string;
  /** Leave out the newline at the end. */
  "no-newline"?: boolean;
  /** Take or print the secret as bytes. */
  binary?: boolean;
  /** Only the targets that it fits. */
  target?: string;
  /** Also what is not listed otherwise. */
  all?: boolean;
  /** The type of a credential. */
  type?: string;
  /** How long a credential is kept. */
  persist?: string;
  /** The comment of a credential. */
  comment?: string;
  /** The user name of a credential. */
  user?: string;
  /** How a secret encodes text. */
  encoding?: string;
  /** The form of a file of many entries. */
  format?: string;
  /** The file to write instead of standard output. */
  out?: string;
  /** Replace the file. */
  force?: boolean;
  /** Leave the secrets out. */
  "names-only"?: boolean;
  /** Tell what would be done instead of doing it. */
  "dry-run"?: boolean;
  /** What is done about entries that there are already. */
  "on-conflict"?: string;
  /** The identity file of an encrypted file. */
  identity?: string;
  /** Who shall be able to open a new encrypted file. */
  recipient?: string[];
  /** Who shall be able to open an encrypted file from now on. */
  add?: string[];
  /** Who shall not any more. */
  remove?: string[];
  /** The variables of a program that hold secrets. */
  env?: readonly string[];
  /** The files that name such variables. */
  "env-file"?: readonly string[];
}

/** The name of an option. */
export type OptionName = keyof OptionValues;

/** One call of a sub-command. */
export interface Call {
  /** What the options were set to. */
  options: OptionValues;
  /** The first word after the command. */
  service: string | undefined;
  /** The second word after the command. */
  username: string | undefined;
  /** All words after `--`, where the command takes them so; else none. */
  rest: readonly string[];
  /** What the command stands on. */
  parts: Parts;
  /** The keyring to work on: the named one, else the chosen one. */
  open(): Promise<Keyring>;
}

/** One sub-command; everything that the parser and the help know of it. */
export interface Command {
  /** What it is called by. */
  name: string;
  /** The words that it takes, for the help. */
  words: string;
  /** What it does, in one line. */
  summary: string;
  /** More about it, for its own help. */
  details: string;
  /** The options that change what it does. */
  options: readonly OptionName[];
  /** Command lines to copy. */
  examples: readonly string[];
  /** The commands below it: the word after its name is one of theirs. */
  commands?: readonly Command[];
  /** Whether what follows `--` is not its own, however much it is and whatever it looks like. */
  rest?: true;
  /** Does it, and tells the exit code. */
  run(call: Call): Promise<number>;
}

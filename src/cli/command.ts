import type { EncryptedFileKeyring } from "../backends/file/backend.ts";
import type { EncryptedFileOptions } from "../backends/file/encrypted_file.ts";
import type { Choice, ChooseOptions, StoreReport } from "../choose.ts";
import type { LogonReport } from "../backends/windows/logon.ts";
import type { CredentialManager } from "../backends/windows/manager.ts";
import type { CallOptions, Keyring } from "../keyring.ts";
import type { CreateOptions } from "../registry.ts";

export interface Input {
  isTerminal(): boolean;
  /** Reads some bytes; `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

export type Manager = Pick<CredentialManager, "read" | "write" | "delete" | "enumerate">;

export type EncryptedFile = Pick<
  EncryptedFileKeyring,
  "path" | "create" | "recipients" | "changeRecipients" | "changePassphrase"
>;

export interface Program {
  /** Its path, or its name on the `PATH`. */
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

export interface CommandChoice extends ChooseOptions {
  /** Whether Deno may ask for what is missing, on a terminal. */
  ask?: boolean;
}

export interface Context {
  stdin: Input;
  /** Writes all of these bytes to standard output, or rejects. */
  writeOut(bytes: Uint8Array): Promise<void>;
  /** Writes all of these bytes to standard error, or rejects. */
  writeErr(bytes: Uint8Array): Promise<void>;
  /** Asks a person for a password, which is not shown, on the terminal of standard input. */
  prompt(question: string, forSeveralLines?: string): Promise<string>;
  /** The same where standard input is something else. */
  promptElsewhere(question: string, forSeveralLines?: string): Promise<string>;
  choose(options?: CommandChoice): Promise<Choice>;
  /** Makes the keyring that `--keyring-backend` names. */
  load(name: string, path?: string, options?: CreateOptions): Promise<Keyring>;
  describeStores(options?: CallOptions): Promise<StoreReport[]>;
  /** Opens the Credential Manager of Windows. */
  manager(): Promise<Manager>;
  encryptedFile(options: EncryptedFileOptions): Promise<EncryptedFile>;
  /** Tells what Windows lets this logon store. */
  describeLogon(): Promise<LogonReport>;
  /** How many columns the terminal has; `undefined` where the output goes elsewhere. */
  columns(): number | undefined;
  outIsTerminal(): boolean;
  /** How many columns the terminal of standard error has; `undefined` where it goes elsewhere. */
  errColumns(): number | undefined;
  runProgram(program: Program): Promise<number>;
  os: typeof Deno.build.os;
}

export interface OptionValues {
  help?: boolean;
  version?: boolean;
  "keyring-path"?: string;
  "keyring-backend"?: string;
  /** Leave the environment and the config file out of the choice. */
  "ignore-config"?: boolean;
  /** The program whose entries are meant. */
  layout?: string;
  from?: string;
  to?: string;
  service?: readonly string[];
  rename?: readonly string[];
  delete?: boolean;
  "list-backends"?: boolean;
  disable?: boolean;
  /** What `get` prints. */
  mode?: string;
  output?: string;
  "print-completion"?: string;
  "no-newline"?: boolean;
  /** Take or print the secret as bytes. */
  binary?: boolean;
  /** Store the empty secret. */
  empty?: boolean;
  target?: string;
  /** Also what is not listed otherwise. */
  all?: boolean;
  type?: string;
  persist?: string;
  comment?: string;
  user?: string;
  encoding?: string;
  format?: string;
  out?: string;
  force?: boolean;
  "names-only"?: boolean;
  "skip-unreadable"?: boolean;
  map?: readonly string[];
  "dry-run"?: boolean;
  "on-conflict"?: string;
  identity?: string;
  recipient?: string[];
  add?: string[];
  /** Who shall not any more. */
  remove?: string[];
  env?: readonly string[];
  "env-file"?: readonly string[];
  store?: readonly string[];
  run?: readonly string[];
  read?: readonly string[];
  write?: readonly string[];
}

export type OptionName = keyof OptionValues;

export interface Call {
  options: OptionValues;
  service: string | undefined;
  username: string | undefined;
  /** All words after `--`, where the command takes them so; else none. */
  rest: readonly string[];
  context: Context;
  /** The keyring to work on: the named one, else the chosen one. */
  open(): Promise<Keyring>;
}

export interface Command {
  name: string;
  words: string;
  summary: string;
  details: string;
  options: readonly OptionName[];
  examples: readonly string[];
  /** The same for Windows, where a shell reads those otherwise. */
  powershell?: readonly string[];
  commands?: readonly Command[];
  /** Where its secret is read from, for those who write it as an argument: such are not shown. */
  secretHint?: string;
  /** Whether what follows `--` is not its own, however much it is and whatever it looks like. */
  rest?: true;
  run(call: Call): Promise<number>;
}

/** A command, found by its name. */
export interface Located {
  command: Command;
  /** What leads to it, such as `windows read`. */
  path: string;
  /** How many words that is. */
  depth: number;
}

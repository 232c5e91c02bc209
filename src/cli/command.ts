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
  /** Whether Deno may prompt for missing permissions, on a terminal. */
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
  /** The same if standard input is something else. */
  promptElsewhere(question: string, forSeveralLines?: string): Promise<string>;
  choose(options?: CommandChoice): Promise<Choice>;
  /** Makes the keyring that `--keyring-backend` names. */
  load(name: string, path?: string, options?: CreateOptions): Promise<Keyring>;
  describeStores(options?: CallOptions): Promise<StoreReport[]>;
  /** Opens the Credential Manager of Windows. */
  manager(): Promise<Manager>;
  encryptedFile(options: EncryptedFileOptions): Promise<EncryptedFile>;
  /** Returns what Windows lets this logon store. */
  describeLogon(): Promise<LogonReport>;
  /** How many columns the terminal has; `undefined` if the output goes elsewhere. */
  columns(): number | undefined;
  outIsTerminal(): boolean;
  /** How many columns the terminal of standard error has; `undefined` if it goes elsewhere. */
  errColumns(): number | undefined;
  runProgram(program: Program): Promise<number>;
  os: typeof Deno.build.os;
}

export interface OptionValues {
  help?: boolean;
  version?: boolean;
  "keyring-path"?: string;
  "keyring-backend"?: string;
  /** Ignore the environment and the config file. */
  "ignore-config"?: boolean;
  /** The program whose entries to use. */
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
  /** List hidden credentials, too. */
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
  /** The recipients to remove. */
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
  /** All words after `--`, if the command takes them; otherwise none. */
  rest: readonly string[];
  context: Context;
  /** The keyring to use: the named one, or else the chosen one. */
  open(): Promise<Keyring>;
}

export interface Command {
  name: string;
  words: string;
  summary: string;
  details: string;
  options: readonly OptionName[];
  examples: readonly string[];
  /** The same for Windows, whose shell reads them differently. */
  powershell?: readonly string[];
  commands?: readonly Command[];
  /** How to pass its secret, as a hint for users who write it as an argument, which is not shown. */
  secretHint?: string;
  /** Whether everything that follows `--` belongs to another program. */
  rest?: true;
  run(call: Call): Promise<number>;
}

/** A command, found by its name. */
export interface Located {
  command: Command;
  /** The words that lead to it, such as `windows read`. */
  path: string;
  /** How many words that is. */
  depth: number;
}

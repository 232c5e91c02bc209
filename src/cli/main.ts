import meta from "../../deno.json" with { type: "json" };
import type { EncryptedFileOptions } from "../backends/file/encrypted_file.ts";
import type { LogonReport } from "../backends/windows/logon.ts";
import { choose, describeStores, loadKeyring } from "../choose.ts";
import { KeyringError } from "../errors.ts";
import type { Keyring } from "../keyring.ts";
import type { Command, EncryptedFile, Manager, Parts } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { listBackends } from "./commands/diagnose.ts";
import { disable } from "./commands/disable.ts";
import { commandHelp, help, usage } from "./help.ts";
import { escapeControls, messageOf, print, printError, writeAll } from "./output.ts";
import { parse } from "./parse.ts";
import { passphraseAsker } from "./passphrase.ts";
import { promptPassword } from "./prompt.ts";
import { invalidChoice } from "./scan.ts";
import { runProgram } from "./run/program.ts";
import { CommandError, UsageError } from "./usage_error.ts";

/** Runs the command line. Never rejects: what fails is told on standard error. */
export async function main(
  args: readonly string[],
  parts: Partial<Parts> = {},
): Promise<number> {
  const all = { ...processParts(), ...parts };
  try {
    return await dispatch(args, all);
  } catch (error) {
    await report(error, all);
    if (error instanceof CommandError) return error.exitCode;
    return error instanceof UsageError ? 2 : 1;
  }
}

function processParts(): Parts {
  return {
    stdin: Deno.stdin,
    writeOut: (bytes) => writeAll(Deno.stdout, bytes),
    writeErr: (bytes) => writeAll(Deno.stderr, bytes),
    prompt: promptPassword,
    choose,
    load: loadKeyring,
    describeStores,
    manager: openManager,
    encryptedFile: openFile,
    describeLogon,
    columns: () => terminalColumns(Deno.stdout),
    outIsTerminal: () => Deno.stdout.isTerminal(),
    errColumns: () => terminalColumns(Deno.stderr),
    runProgram,
    os: Deno.build.os,
  };
}

// Loaded only when they are used: most calls are a get, and spend more time on loading than on that.
async function openManager(): Promise<Manager> {
  const { CredentialManager } = await import("../backends/windows/manager.ts");
  return new CredentialManager();
}

async function describeLogon(): Promise<LogonReport> {
  return (await import("../backends/windows/logon.ts")).describeLogon();
}

async function openFile(options: EncryptedFileOptions): Promise<EncryptedFile> {
  const { EncryptedFileKeyring } = await import("../backends/file/backend.ts");
  return new EncryptedFileKeyring(options);
}

function terminalColumns(output: { isTerminal(): boolean }): number | undefined {
  if (!output.isTerminal()) return undefined;
  try {
    // Some terminals do not know their size and say 0.
    return Deno.consoleSize().columns || undefined;
  } catch {
    return undefined;
  }
}

async function dispatch(args: readonly string[], parts: Parts): Promise<number> {
  const { operation, service, username, rest, options } = parse(args, COMMANDS);
  const command = COMMANDS.find(({ name }) => name === operation);
  const below = command && findBelow(command, service, options.help === true);
  if (options.help) {
    const text = below
      ? commandHelp(below, `${operation} ${below.name}`)
      : command
      ? commandHelp(command, command.name)
      : help(meta.version);
    await print(parts, text);
    return 0;
  }
  if (options.version) {
    await print(parts, `keyring ${meta.version}\n`);
    return 0;
  }
  const shell = options["print-completion"];
  if (shell !== undefined) {
    return await (await import("./commands/print_completion.ts")).printCompletion(shell, parts);
  }
  if (options["list-backends"]) return await listBackends(parts);
  if (options.disable) return await disable(parts);
  if (!command) {
    const names = COMMANDS.map(({ name }) => name).join(", ");
    throw new UsageError(`Specify operation (${names}).`);
  }
  const open = () => openKeyring(parts, options["keyring-backend"], options["keyring-path"]);
  const call = { options, service, username, rest, parts, open };
  if (below) return await below.run({ ...call, service: username, username: undefined });
  return await command.run(call);
}

function findBelow(
  { commands }: Command,
  word: string | undefined,
  forHelp: boolean,
): Command | undefined {
  if (!commands || word === undefined) return undefined;
  const found = commands.find(({ name }) => name === word);
  if (found || forHelp) return found;
  throw new UsageError(
    `argument command: ${invalidChoice(word, commands.map(({ name }) => name))}`,
  );
}

async function openKeyring(parts: Parts, name?: string, path?: string): Promise<Keyring> {
  const options = { askPassphrase: passphraseAsker(parts) };
  if (name === undefined) return (await parts.choose(options)).keyring;
  try {
    return await parts.load(name, path, options);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    throw new UsageError(`Unable to load specified keyring: ${escapeControls(error.message)}`);
  }
}

async function report(error: unknown, parts: Parts): Promise<void> {
  const message = messageOf(error);
  if (error instanceof UsageError) await printError(parts, message, `${usage()}keyring: error: `);
  else await printError(parts, message);
}

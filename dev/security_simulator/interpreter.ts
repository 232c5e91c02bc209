/**
 * How `security` runs a command, and many of them in a row.
 *
 * @module
 */

import { addGenericPassword, addInternetPassword } from "./add.ts";
import {
  deleteGenericPassword,
  deleteInternetPassword,
  dumpKeychain,
  findGenericPassword,
  findInternetPassword,
} from "./find.ts";
import {
  createKeychain,
  defaultKeychain,
  deleteKeychain,
  listKeychains,
  lockKeychain,
  setKeychainSettings,
  showKeychainInfo,
  unlockKeychain,
} from "./keychains.ts";
import { readLines, splitLine } from "./reader.ts";
import { type Command, type Session, Status } from "./session.ts";

// In the program's own order, because a command may be shortened and the first that fits is run.
const COMMANDS: [name: string, command: Command][] = [
  ["help", help],
  ["list-keychains", listKeychains],
  ["default-keychain", defaultKeychain],
  ["create-keychain", createKeychain],
  ["delete-keychain", deleteKeychain],
  ["lock-keychain", lockKeychain],
  ["unlock-keychain", unlockKeychain],
  ["set-keychain-settings", setKeychainSettings],
  ["show-keychain-info", showKeychainInfo],
  ["dump-keychain", dumpKeychain],
  ["add-generic-password", addGenericPassword],
  ["add-internet-password", addInternetPassword],
  ["find-generic-password", findGenericPassword],
  ["find-internet-password", findInternetPassword],
  ["delete-generic-password", deleteGenericPassword],
  ["delete-internet-password", deleteInternetPassword],
];

function help(session: Session): number {
  session.out(`Usage: security [-h] [-i] [-l] [-p prompt] [-q] [-v] [command]\n`);
  return Status.ok;
}

/**
 * Runs one command.
 *
 * @param session The session.
 * @param words Its name, or the beginning of it, and its arguments.
 * @returns Its status.
 */
export function runCommand(session: Session, words: readonly string[]): number {
  const [typed = "", ...args] = words;
  const [name, command] = COMMANDS.find(([known]) => known.startsWith(typed)) ?? [];
  if (!command) {
    session.err(`security: unknown command "${typed}"\n`);
    return Status.failed;
  }
  const status = command(session, args);
  if (status === Status.usage) session.err(`Usage: ${name} [options]\n`);
  return status;
}

/** What `security -i` does with its input. */
export interface LoopOptions {
  /** All of the input. */
  input: string;
  /** Whether failures are not told, as with `-q`. */
  quiet?: boolean;
  /** Called with each line before it is run. */
  onLine?: (line: string) => void;
}

/**
 * Runs the lines of the input.
 *
 * @param session The session.
 * @param options The input.
 * @returns The status of the last line, which may be an empty one.
 */
export function runLoop(session: Session, { input, quiet, onLine }: LoopOptions): number {
  let status: number = Status.ok;
  for (const line of readLines(input)) {
    onLine?.(line);
    const words = splitLine(line);
    status = words.length === 0 ? Status.ok : runCommand(session, words);
    if (status === Status.promptFailed) return Status.ok;
    if (status !== 0 && !quiet) session.err(`${words[0]}: returned ${status}\n`);
  }
  return status;
}

import type { Context, OptionValues } from "./command.ts";
import { printError } from "./output.ts";
import { readBytes, readPassword } from "./read_password.ts";
import { CommandError } from "./usage_error.ts";

interface Source {
  context: Context;
  options: OptionValues;
  question: string;
  /** Whether the bytes of the pipe are stored as they are. */
  asBytes: boolean;
  /** The option that does so. */
  bytesOption: string;
}

/**
 * Reads the secret that a command stores, from the prompt or a pipe. An empty one is refused, since
 * otherwise a program that fails before the pipe would replace a good password with it.
 */
export async function readNewSecret(source: Source): Promise<string | Uint8Array> {
  const { context: { stdin, prompt }, options, question, asBytes } = source;
  const isTerminal = stdin.isTerminal();
  if (options.empty) {
    if (!isTerminal) await requireNothing(source);
    return "";
  }
  const secret = isTerminal ? await prompt(question) : await readPiped(source);
  const isNothing = asBytes ? secret.length === 0 : secret === "" || isLineBreak(secret);
  if (!isNothing) return secret;
  const found = isTerminal ? "no password was entered" : "standard input is empty";
  throw new CommandError(`Nothing was stored: ${found}. Use --empty to store the empty password.`);
}

/** Reports what was stored, and where, on a terminal only: a script pipes the secret. */
export async function reportStored(
  context: Context,
  what: string,
  { name, path }: { name: string; path?: string },
): Promise<void> {
  if (!context.stdin.isTerminal() || context.errColumns() === undefined) return;
  const where = path === undefined ? name : `${name} ${path}`;
  await printError(context, `Stored ${what} (${where})`, "");
}

function readPiped({ context, asBytes, bytesOption }: Source): Promise<string | Uint8Array> {
  if (asBytes) return readBytes(context.stdin);
  return readPassword(context.stdin, context.os, `Use ${bytesOption} to store bytes as they are.`);
}

// Someone who pipes a password into this expects it to be stored.
async function requireNothing({ context }: Source): Promise<void> {
  const bytes = await readBytes(context.stdin);
  const isNothing = bytes.length <= 2 && isLineBreak(String.fromCharCode(...bytes));
  bytes.fill(0);
  if (bytes.length === 0 || isNothing) return;
  throw new CommandError(
    "Nothing was stored: standard input is not empty. Leave out --empty to store what it holds.",
  );
}

function isLineBreak(secret: string | Uint8Array): boolean {
  return secret === "\n" || secret === "\r\n" || secret === "\r";
}

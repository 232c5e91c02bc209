import type { Context } from "./command.ts";
import { CommandError } from "./usage_error.ts";

/** A destination for bytes. */
export interface Output {
  /** Writes some of the bytes and returns how many. */
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all of these bytes. */
export async function writeAll(output: Output, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await output.write(bytes.subarray(written));
}

/** The program that reads the output, such as `head`, has exited: that is not worth a message. */
export class ClosedPipe extends CommandError {
  override name = "ClosedPipe";

  constructor() {
    // Like a program that SIGPIPE ends.
    super("", { exitCode: 141 });
  }
}

/** Prints text on standard output; its bytes are overwritten afterwards. */
export async function print(context: Pick<Context, "writeOut">, text: string): Promise<void> {
  await printBytes(context, new TextEncoder().encode(text));
}

/** Prints bytes on standard output; they are overwritten afterwards. */
export async function printBytes(
  context: Pick<Context, "writeOut">,
  bytes: Uint8Array,
): Promise<void> {
  try {
    await context.writeOut(bytes);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new ClosedPipe();
    throw new CommandError(`Cannot write the output: ${messageOf(error)}`, { cause: error });
  } finally {
    bytes.fill(0);
  }
}

// An argument of any length must not push the reason off the screen, nor fill a log.
const LONGEST_MESSAGE = 2_000;

export async function printError(
  context: Pick<Context, "writeErr">,
  message: string,
  start = "keyring: ",
): Promise<void> {
  const short = message.length > LONGEST_MESSAGE
    ? `${message.slice(0, LONGEST_MESSAGE)}…`
    : message;
  try {
    await context.writeErr(new TextEncoder().encode(`${start}${escapeControls(short)}\n`));
  } catch {
    // Nobody is left to read it; the exit code still reports it.
  }
}

// A few lines show well enough what is wrong with a thousand.
const MOST_ERRORS = 20;

export async function printErrors(
  context: Pick<Context, "writeErr">,
  messages: readonly string[],
): Promise<void> {
  for (const message of messages.slice(0, MOST_ERRORS)) await printError(context, message);
  const more = messages.length - MOST_ERRORS;
  if (more > 0) await printError(context, `and ${more} more`);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function escapeControls(text: string): string {
  // deno-lint-ignore no-control-regex -- these are what is looked for
  return text.replace(/[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g, escapeUnit);
}

export type Json = string | readonly Json[] | { readonly [key: string]: Json };

/**
 * Writes JSON as Python's `json.dumps` does: a space after each comma and colon, and nothing but
 * ASCII.
 */
export function pythonJson(value: Json): string {
  if (typeof value === "string") {
    return JSON.stringify(value).replace(/[\x7f-\uffff]/g, escapeUnit);
  }
  if (isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  const members = Object.entries(value).map(([key, member]) =>
    `${pythonJson(key)}: ${pythonJson(member)}`
  );
  return `{${members.join(", ")}}`;
}

// Array.isArray does not narrow a readonly array.
function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

import { KeyringError, quote } from "../../errors.ts";
import type { Keyring } from "../../keyring.ts";
import { decodeText } from "../../lib/text.ts";
import { forEach, inBatch } from "../../records/work.ts";
import type { Call, Command, Input, OptionValues } from "../command.ts";
import { openToRead } from "../files.ts";
import { messageOf } from "../output.ts";
import { untilSignal } from "../signals.ts";
import { CommandError, UsageError } from "../usage_error.ts";
import { type Assignment, readArgument, readLines, refuseDuplicates } from "../run/assignment.ts";

export const RUN: Command = {
  name: "run",
  words: "-- PROGRAM [ARG]...",
  summary: "Start a program with passwords in its environment",
  details:
    "Reads every password first, and starts nothing if one is missing. The username is what\n" +
    "follows the last /, so that a service may be a URL; write / in a username as %2F, and % as\n" +
    "%25. A file (- is standard input) holds one NAME=SERVICE/USERNAME per line, and comments,\n" +
    "which begin with #.\n" +
    "Exits with the program's status; with 127 if there is no such program, and 126 if it\n" +
    "cannot be started.",
  options: ["env", "env-file", "keyring-backend", "keyring-path", "ignore-config"],
  examples: [
    "keyring run --env API_TOKEN=my_app/alice -- ./nightly.sh --verbose",
    "keyring run --env NPM_TOKEN=https://npm.example.com/team/alice -- npm publish",
    "keyring run --env-file creds.map -- make deploy",
  ],
  rest: true,
  run: runRun,
};

async function runRun(call: Call): Promise<number> {
  const { service, rest: [program, ...args], options, context } = call;
  if (service !== undefined || program === undefined) {
    throw new UsageError("run requires a program, after --");
  }
  const assignments = await readAssignments(options, context.stdin);
  if (assignments.length === 0) throw new UsageError("run requires --env or --env-file");
  refuseDuplicates(assignments, context.os);
  const keyring = await call.open();
  const env = await untilSignal((signal) =>
    inBatch(keyring, (opened) => readSecrets(opened, assignments, signal), { signal })
  );
  return await context.runProgram({ program, args, env });
}

async function readAssignments(options: OptionValues, stdin: Input): Promise<Assignment[]> {
  const assignments = (options.env ?? []).map(readArgument);
  for (const path of options["env-file"] ?? []) assignments.push(...await readEnvFile(path, stdin));
  return assignments;
}

// A thousand lines. A larger one is another file, or has no end.
const MAX_BYTES = 64 * 1024;

async function readEnvFile(path: string, stdin: Input): Promise<Assignment[]> {
  if (path === "-") return await parseEnvFile(stdin, "standard input");
  using file = await openToRead(path);
  return await parseEnvFile(file, path);
}

async function parseEnvFile(file: Pick<Input, "read">, path: string): Promise<Assignment[]> {
  try {
    return readLines(decodeText(await readBounded(file)), path);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`Cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function readBounded(file: Pick<Input, "read">): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) return buffer.subarray(0, length);
    length += count;
  }
  throw new RangeError(`it has more than ${MAX_BYTES / 1024} KiB`);
}

async function readSecrets(
  keyring: Keyring,
  assignments: readonly Assignment[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const env: [string, string][] = [];
  const missing: string[] = [];
  await forEach(keyring, assignments, async (assignment) => {
    const { name, service, username, place, isLine } = assignment;
    const password = await keyring.getPassword(service, username, { signal })
      .catch((error) => refuseToRead(assignment, error));
    const entry = isLine ? place : `${quote(username)} for ${quote(service)} (${name})`;
    if (password === null) missing.push(entry);
    else if (password.includes("\0")) {
      throw new CommandError(
        `Nothing was started: the password of ${entry} holds a NUL, which no variable can hold`,
      );
    } else env.push([name, password]);
  });
  // Not set one by one, as __proto__ is a name like others.
  if (missing.length === 0) return Object.fromEntries(env);
  throw new CommandError(`Nothing was started: there is no password of ${missing.join(", of ")}`);
}

// The names of an entry may be a password that someone wrote in its place.
function refuseToRead({ place, isLine }: Assignment, error: unknown): never {
  if (!isLine || !(error instanceof KeyringError)) throw error;
  const advice = error.advice ? `. ${error.advice}` : "";
  throw new CommandError(`Cannot read the password of ${place}: ${error.reason}${advice}`, {
    cause: error,
  });
}

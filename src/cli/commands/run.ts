import { quote } from "../../errors.ts";
import type { Keyring } from "../../keyring.ts";
import { forEach, inBatch } from "../../records/work.ts";
import type { Call, Command, Input, OptionValues } from "../command.ts";
import { CommandError, UsageError } from "../usage_error.ts";
import { type Assignment, readArgument, refuseDuplicates } from "../run/assignment.ts";
import { readEnvFile } from "../run/env_file.ts";
import { untilDone } from "../progress.ts";

export const RUN: Command = {
  name: "run",
  words: "-- PROGRAM [ARG]...",
  summary: "Start a program with passwords in its environment",
  details:
    "Reads every password first, and starts nothing if one is missing. The username is what\n" +
    "follows the last /, so a service may be a URL; write / in a username as %2F, and % as\n" +
    "%25. --env-file reads an .env file (- is standard input). A value of the form\n" +
    "keyring://SERVICE/USERNAME is replaced with that password; other values reach the program\n" +
    "unchanged. Exits with the program's status, with 127 if there is no such program, and\n" +
    "with 126 if it cannot be started.",
  options: ["env", "env-file", "keyring-backend", "keyring-path", "ignore-config"],
  examples: [
    "keyring run --env API_TOKEN=my_app/alice -- ./nightly.sh --verbose",
    "keyring run --env NPM_TOKEN=https://npm.example.com/team/alice -- npm publish",
    "keyring run --env-file .env -- make deploy",
  ],
  powershell: [
    "keyring run --env API_TOKEN=my_app/alice -- powershell -File nightly.ps1",
    "keyring run --env NPM_TOKEN=https://npm.example.com/team/alice -- cmd /c npm publish",
    "keyring run --env-file .env -- deno task deploy",
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
  const env = await untilDone(
    context,
    "reading the passwords…",
    (signal) => inBatch(keyring, (opened) => readSecrets(opened, assignments, signal), { signal }),
  );
  return await context.runProgram({ program, args, env });
}

async function readAssignments(options: OptionValues, stdin: Input): Promise<Assignment[]> {
  const assignments = (options.env ?? []).map(readArgument);
  for (const path of options["env-file"] ?? []) assignments.push(...await readEnvFile(path, stdin));
  return assignments;
}

async function readSecrets(
  keyring: Keyring,
  assignments: readonly Assignment[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const env: [string, string][] = [];
  const missing: string[] = [];
  await forEach(keyring, assignments, async ({ name, value }) => {
    if (typeof value === "string") return void env.push([name, value]);
    const { service, username } = value;
    const password = await keyring.getPassword(service, username, { signal });
    const entry = `${quote(username)} for ${quote(service)} (${name})`;
    if (password === null) missing.push(entry);
    else if (password.includes("\0")) {
      throw new CommandError(
        `Nothing was started: the password of ${entry} contains a NUL, which no variable can hold`,
      );
    } else env.push([name, password]);
  });
  // Not set one by one, since __proto__ is a valid name.
  if (missing.length === 0) return Object.fromEntries(env);
  throw new CommandError(`Nothing was started: there is no password of ${missing.join(", of ")}`);
}

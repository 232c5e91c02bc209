import { quote } from "../../errors.ts";
import type { Keyring } from "../../keyring.ts";
import type { Call, Command, OptionValues } from "../command.ts";
import { CommandError, UsageError } from "../usage_error.ts";
import { type Assignment, readArgument, refuseTwice } from "../run/assignment.ts";
import { readEnvFile } from "../run/env_file.ts";

export const RUN: Command = {
  name: "run",
  words: "-- PROGRAM [ARG]...",
  summary: "Start a program with passwords in its environment",
  details:
    "Reads every password first, and starts nothing when one is missing. The username is what\n" +
    "follows the last /, so that a service may be a URL; write / in a username as %2F, and % as\n" +
    "%25. A file holds one NAME=SERVICE/USERNAME a line, and lines that begin with #.\n" +
    "Exits as the program does; with 127 when there is none, and 126 when it cannot be run.",
  options: ["env", "env-file", "keyring-backend", "keyring-path"],
  examples: [
    "keyring run --env API_TOKEN=my_app/alice -- ./nightly.sh --verbose",
    "keyring run --env NPM_TOKEN=https://npm.example.com/team/alice -- npm publish",
    "keyring run --env-file creds.map -- make deploy",
  ],
  rest: true,
  run: runRun,
};

async function runRun(call: Call): Promise<number> {
  const { service, rest: [program, ...args], options, parts } = call;
  if (service !== undefined || program === undefined) {
    throw new UsageError("run requires a program, after --");
  }
  const assignments = await readAssignments(options);
  if (assignments.length === 0) throw new UsageError("run requires --env or --env-file");
  refuseTwice(assignments, parts.os);
  const keyring = await call.open();
  // Not stoppable(): once Deno has listened to any signal, it hands none on as ignored, and the
  // program would not outlive its terminal under nohup.
  const env = await readSecrets(keyring, assignments);
  return await parts.runProgram({ program, args, env });
}

async function readAssignments(options: OptionValues): Promise<Assignment[]> {
  const assignments = (options.env ?? []).map(readArgument);
  for (const path of options["env-file"] ?? []) assignments.push(...await readEnvFile(path));
  return assignments;
}

async function readSecrets(
  keyring: Keyring,
  assignments: readonly Assignment[],
): Promise<Record<string, string>> {
  const env: [string, string][] = [];
  const missing: string[] = [];
  for (const { name, service, username } of assignments) {
    const password = await keyring.getPassword(service, username);
    const entry = `${quote(username)} for ${quote(service)} (${name})`;
    if (password === null) missing.push(entry);
    else if (password.includes("\0")) {
      throw new CommandError(
        `Nothing was started: the password of ${entry} holds a NUL, which no variable can`,
      );
    } else env.push([name, password]);
  }
  // Not set one by one, as __proto__ is a name like others.
  if (missing.length === 0) return Object.fromEntries(env);
  throw new CommandError(`Nothing was started: there is no password of ${missing.join(", of ")}`);
}

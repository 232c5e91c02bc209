// Runs of `gpg` and `git`, and why one did not take place.

import { Failure } from "../../errors.ts";
import { childEnvironment, type EnvironmentNeeds } from "../../lib/child_environment.ts";
import { oneLine } from "../../lib/one_line.ts";
import { OutputLimitError, run, type RunOptions, TimeLimitError } from "../../lib/subprocess.ts";

export interface ProgramResult {
  code: number;
  stdout: Uint8Array;
  stderr: string;
}

/** Runs a program that is looked for in PATH, as `pass` does. */
export async function runProgram(
  program: "gpg" | "git",
  needs: EnvironmentNeeds,
  options: Omit<RunOptions, "env" | "clearEnv">,
): Promise<ProgramResult> {
  try {
    const result = await run(program, { ...options, ...childEnvironment(needs) });
    if (result.stdoutEnded) return { ...result, stderr: new TextDecoder().decode(result.stderr) };
    result.stdout.fill(0);
  } catch (error) {
    if (options.signal?.aborted && error === options.signal.reason) throw error;
    throw failureOfRun(error, program);
  }
  throw new Failure("other", `the output of ${program} did not end`);
}

export function mayRun(program: string): boolean {
  return Deno.permissions.querySync({ name: "run", command: program }).state === "granted";
}

export function denied(flag: string, cause?: unknown): Failure {
  return new Failure("permission", "a Deno permission is missing", { flag, cause });
}

function failureOfRun(error: unknown, program: string): unknown {
  if (error instanceof TimeLimitError) {
    return new Failure("timeout", `${program} did not end (${error.message.toLowerCase()})`, {
      advice: "If a dialog is open, answer it and try again.",
      cause: error,
    });
  }
  if (error instanceof OutputLimitError) {
    return new Failure("other", `${program} printed more than any entry can hold`);
  }
  if (error instanceof Deno.errors.NotCapable) return denied(`--allow-run=${program}`, error);
  if (error instanceof Deno.errors.NotFound) {
    return new Failure("absent", `${program} is not installed`, {
      advice: `Install it, such as with \`apt install ${program === "gpg" ? "gnupg" : "git"}\`.`,
      cause: error,
    });
  }
  if (error instanceof Error && /\(os error \d+\)/.test(error.message)) {
    return new Failure("other", `${program} could not be run: ${oneLine(error.message)}`);
  }
  return error;
}

import { Failure } from "../errors.ts";
import { allowFlag } from "../lib/shell.ts";
import { decodeText, TextError } from "../lib/text.ts";
import { OutputLimitError, run, type RunResult, TimeLimitError } from "../lib/subprocess.ts";
import { exitBySignal, onDeadlySignal } from "./signals.ts";

const VARIABLE = "KEYRING_ASKPASS";
const MOST_BYTES = 4096;
// A person needs time to type.
const LIMIT_MS = 120_000;

/** Asks through a program, which gets the question as its only argument and prints the answer. */
export async function askProgram(program: string, question: string): Promise<string> {
  requireProgram(program);
  const { code, stdout, stdoutEnded } = await runProgram(program, question);
  try {
    if (code !== 0) throw failure(program, `ended with ${code}, which cancels it`);
    if (!stdoutEnded) throw failure(program, "left its output open");
    return answerIn(stdout, program);
  } finally {
    stdout.fill(0);
  }
}

async function runProgram(program: string, question: string): Promise<RunResult> {
  const controller = new AbortController();
  const stopListening = onDeadlySignal((signal) => {
    controller.abort();
    void exitBySignal(signal);
  });
  try {
    return await run(program, {
      args: [question],
      // If it calls this command, that call must not use it to ask again.
      env: { [VARIABLE]: "" },
      timeoutMs: LIMIT_MS,
      maxOutputBytes: MOST_BYTES + "\r\n".length,
      signal: controller.signal,
    });
  } catch (error) {
    throw explain(error, program);
  } finally {
    stopListening();
  }
}

function requireProgram(program: string): void {
  const isAbsolute = Deno.build.os === "windows"
    ? /^([A-Za-z]:[\\/]|\\\\)/.test(program)
    : program.startsWith("/");
  if (!isAbsolute) throw failure(program, "is not an absolute path");
  const name = /([^\\/]*?)(\.\w+)?$/.exec(program)?.[1]?.toLowerCase();
  if (name === "keyring" || program === Deno.execPath()) {
    throw failure(program, "is this command itself");
  }
}

function answerIn(stdout: Uint8Array, program: string): string {
  let text: string;
  try {
    text = decodeText(stdout);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw failure(program, `printed something that is not text: ${error.message}`);
  }
  const answer = text.replace(/\r?\n$/, "");
  if (new TextEncoder().encode(answer).length <= MOST_BYTES) return answer;
  throw failure(program, `printed more than ${MOST_BYTES} bytes`);
}

function explain(error: unknown, program: string): unknown {
  if (error instanceof Deno.errors.NotCapable) {
    return new Failure("permission", "a Deno permission is missing", {
      flag: allowFlag("run", program),
    });
  }
  if (error instanceof TimeLimitError) return failure(program, "did not answer within 2 minutes");
  if (error instanceof OutputLimitError) {
    return failure(program, `printed more than ${MOST_BYTES} bytes`);
  }
  if (error instanceof Deno.errors.NotFound) return failure(program, "does not exist");
  if (error instanceof Deno.errors.PermissionDenied) return failure(program, "is not executable");
  return failure(program, "cannot be started");
}

function failure(program: string, problem: string): Failure {
  return new Failure("locked", `"${program}", which ${VARIABLE} names, ${problem}`);
}

import { quote } from "../../errors.ts";
import { allowFlag } from "../../lib/shell.ts";
import { exitBySignal, listen, onDeadlySignal, WITHOUT_CORE } from "../signals.ts";
import type { Program } from "../command.ts";
import { CommandError } from "../usage_error.ts";
import { explainMissing } from "./missing_program.ts";

/** Runs a program to its end. A signal that ended it ends this process, too. */
export async function runProgram(program: Program): Promise<number> {
  const child = spawn(program);
  const stopPassing = passSignals(child);
  let status: Deno.CommandStatus;
  try {
    status = await child.status;
  } finally {
    stopPassing();
  }
  // Others, such as SIGSEGV, would write this process's memory, which contains the secrets, to a core
  // dump.
  if (status.signal !== null && WITHOUT_CORE.includes(status.signal)) {
    await exitBySignal(status.signal);
  }
  return status.code;
}

function spawn({ program, args, env }: Program): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      args: [...args],
      env,
      stdin: "inherit",
      stdout: "inherit",
      stderr: "inherit",
    }).spawn();
  } catch (error) {
    throw explain(error, program, Object.keys(env));
  }
}

// Our own reasons, since an error of the runtime might show the environment. The exit codes are those
// of env and of shells.
function explain(error: unknown, program: string, names: string[]): CommandError {
  const fail = (reason: string, exitCode: number, flag?: string) =>
    new CommandError(`Cannot start ${quote(program)}: ${reason}`, { exitCode, flag });
  if (error instanceof Deno.errors.NotCapable) {
    const advice = adviseGrant(program, names);
    const [, flag] = /^Add (.+?) to the deno command/s.exec(advice) ?? [];
    return fail(`a Deno permission is missing. ${advice}`, 1, flag);
  }
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    const { reason, exitCode } = explainMissing(program);
    return fail(reason, exitCode);
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return fail("it is not an executable file", 126);
  }
  const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
  return fail(
    code === " (E2BIG)"
      ? "its arguments and environment are larger than this system allows"
      : `the system refuses it${code}`,
    126,
  );
}

// Deno passes on variables of the dynamic linker only if every program may be run.
function adviseGrant(program: string, names: string[]): string {
  const linker = names.find((name) => /^(LD|DYLD)_/.test(name));
  return linker === undefined
    ? `Add ${allowFlag("run", program)} to the deno command.`
    : `Add --allow-run to the deno command, or remove ${linker} from the .env file.`;
}

// A terminal sends these to the program, too: passed on, they would come twice, and to many programs
// the second one means "at once". Ctrl-Z needs nothing: it stops both, and the shell continues both.
const FROM_TERMINAL: readonly Deno.Signal[] = ["SIGINT", "SIGQUIT"];

function passSignals(child: Deno.ChildProcess): () => void {
  // On Windows every program of the console gets these, and no other program can send them.
  if (Deno.build.os === "windows") return onDeadlySignal(() => {});
  const onTerminal = [Deno.stdin, Deno.stdout, Deno.stderr].some((end) => end.isTerminal());
  const pass = (signal: Deno.Signal) => {
    if (onTerminal && FROM_TERMINAL.includes(signal)) return;
    try {
      // This process ends on SIGUSR1, and ends its program, too, unless that ignores SIGTERM.
      child.kill(signal === "SIGUSR1" ? "SIGTERM" : signal);
    } catch {
      // It has already ended.
    }
  };
  const stops = [onDeadlySignal(pass), listen(["SIGUSR2"], pass)];
  return () => stops.forEach((stop) => stop());
}

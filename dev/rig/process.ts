/**
 * Running other programs from a rig: output streams through, and what was started is stopped
 * when the rig itself is told to stop.
 *
 * @module
 */

/** A rig cannot run on this machine; the message is the reason, for a person. */
export class RigUnavailableError extends Error {
  override name = "RigUnavailableError";
}

/** The rig was told to stop (Ctrl-C, or a signal) while a program of its own was running. */
export class InterruptedError extends Error {
  override name = "InterruptedError";
}

/** Options of {@linkcode run}. */
export interface RunOptions {
  /** Variables added to the environment. */
  env?: Record<string, string>;
  /** Folder to run in. */
  cwd?: string;
  /** Send standard output to standard error, where announcements belong. */
  quiet?: boolean;
  /** What stops the program; `unshare` listens to nothing milder than SIGKILL. */
  stopSignal?: Deno.Signal;
  /** Give the program this process's standard input. */
  stdin?: boolean;
  /** Stop what the program started, too: it gets a process group of its own. */
  group?: boolean;
}

const STOPPING: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

/** Says on standard error what a rig is about to do. */
export function announce(message: string): void {
  console.error(`rig: ${message}`);
}

/** Runs a program to its end and returns its exit code. */
export async function run(
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<number> {
  const child = new Deno.Command(command, {
    args,
    stdin: options.stdin ? "inherit" : "null",
    stdout: options.quiet ? "piped" : "inherit",
    stderr: "inherit",
    detached: options.group === true && Deno.build.os !== "windows",
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
  }).spawn();
  let interrupted = false;
  const stop = () => {
    interrupted = true;
    kill(options.group ? -child.pid : child.pid, options.stopSignal ?? "SIGTERM");
  };
  for (const signal of STOPPING) Deno.addSignalListener(signal, stop);
  try {
    if (options.quiet) await child.stdout.pipeTo(Deno.stderr.writable, { preventClose: true });
    const { code } = await child.status;
    if (interrupted) throw new InterruptedError(`${command} was interrupted`);
    return code;
  } finally {
    for (const signal of STOPPING) Deno.removeSignalListener(signal, stop);
  }
}

/** Runs a program that must succeed; its failure makes the rig unavailable. */
export async function mustRun(
  command: string,
  args: string[],
  options: RunOptions = {},
): Promise<void> {
  const code = await run(command, args, { quiet: true, ...options }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new RigUnavailableError(`"${command}" is not installed`, { cause: error });
  });
  if (code !== 0) {
    throw new RigUnavailableError(`"${command} ${args.join(" ")}" failed with exit code ${code}`);
  }
}

/** Whether a program can be run and succeeds; what it prints is dropped. */
export async function succeeds(command: string, args: string[]): Promise<boolean> {
  const quiet = { stdin: "null", stdout: "null", stderr: "null" } as const;
  try {
    return (await new Deno.Command(command, { args, ...quiet }).output()).success;
  } catch {
    // `output()` throws, and does not reject, where there is no such program.
    return false;
  }
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(Deno.build.os === "windows" ? Math.abs(pid) : pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}

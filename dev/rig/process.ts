/**
 * Running other programs from a rig: output streams through, and what was started is stopped
 * when the rig itself is told to stop.
 *
 * @module
 */

/** A rig cannot run; the message is the reason, for a person. */
export class RigUnavailableError extends Error {
  override name = "RigUnavailableError";
  /** Whether nothing could be done about it here: another system or user would be needed. */
  readonly impossible: boolean;

  constructor(message: string, options: ErrorOptions & { impossible?: boolean } = {}) {
    super(message, options);
    this.impossible = options.impossible === true;
  }
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
  /** The only variables, where `env` would add to those of this process. */
  clearEnv?: boolean;
  /** Send standard output to standard error, where announcements belong. */
  quiet?: boolean;
  /** Gets the standard output in its place. */
  output?: (chunk: Uint8Array) => Promise<void>;
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
    stdout: options.quiet || options.output ? "piped" : "inherit",
    stderr: "inherit",
    clearEnv: options.clearEnv === true,
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
    if (options.output) await pass(child, options.output);
    else if (options.quiet) await child.stdout.pipeTo(Deno.stderr.writable, { preventClose: true });
    const { code } = await child.status;
    if (interrupted) throw new InterruptedError(`${command} was interrupted`);
    return code;
  } finally {
    for (const signal of STOPPING) Deno.removeSignalListener(signal, stop);
  }
}

/** Passes on what a program prints; what it left running may hold the pipe for a little longer only. */
async function pass(
  child: Deno.ChildProcess,
  output: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const reader = child.stdout.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  child.status.then(() => timer = setTimeout(() => reader.cancel(), 2_000));
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    await output(read.value);
  }
  await child.status;
  clearTimeout(timer);
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
export async function succeeds(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<boolean> {
  const quiet = { stdin: "null", stdout: "null", stderr: "null" } as const;
  try {
    return (await new Deno.Command(command, { args, env, ...quiet }).output()).success;
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

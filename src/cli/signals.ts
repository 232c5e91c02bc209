// After this time the process ends, even if the store has not finished. A program that does not react
// takes a second, and cleaning up after it may take another program.
const GRACE_MS = 4_000;

/**
 * Ends the process's own children, too, when a signal ends it during a call of a store: no `secret-
 * tool` that waits for an answer is left behind. Ctrl-C reaches them anyway, but `kill` and a
 * time limit of the caller do not.
 */
export async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: Deno.Signal | undefined;
  const stopListening = onDeadlySignal((signal) => {
    // A second signal does not wait.
    stopListening();
    received = signal;
    controller.abort();
    setTimeout(() => void exitBySignal(signal), GRACE_MS);
  });
  try {
    return await work(controller.signal);
  } finally {
    stopListening();
    if (received) await exitBySignal(received);
  }
}

/**
 * Keeps the secrets of this process in it. On SIGUSR1 Deno opens its inspector, through which every
 * local user can run code here. SIGQUIT writes a core dump, and so do the others if the process is
 * the first of a container: its own signals do not end it, and Deno crashes on those that it does not
 * handle. Elsewhere they are left alone, for Ctrl-C to work while Deno asks for a permission.
 */
export function guardSecrets(): () => void {
  if (Deno.build.os === "windows") return () => {};
  const signals: Deno.Signal[] = isFirstProcess() ? DEADLY : ["SIGUSR1", "SIGQUIT"];
  return onDeadlySignal((signal) => void exitBySignal(signal), signals);
}

type Listener = (signal: Deno.Signal) => void;

const DEADLY: Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1"];

// What listens now, the innermost last: a prompt for a passphrase is part of a call of the store.
const listening: { signals: readonly Deno.Signal[]; stop: () => void }[] = [];

/** Listens for signals that would end the process. Only the innermost listener gets them. */
export function onDeadlySignal(
  listener: Listener,
  signals: readonly Deno.Signal[] = DEADLY,
): () => void {
  const own = { signals, stop: stopListening };
  const stop = listen(signals, (signal) => {
    if (listening.findLast((each) => each.signals.includes(signal)) !== own) return;
    listener(signal);
    // In the same turn: at the next one Deno opens its inspector.
    if (signal === "SIGUSR1") Deno.exit(exitCodeOf(signal));
  });
  listening.push(own);
  return stopListening;

  function stopListening(): void {
    const index = listening.indexOf(own);
    if (index < 0) return;
    listening.splice(index, 1);
    stop();
  }
}

export function listen(signals: readonly Deno.Signal[], listener: Listener): () => void {
  const listeners = signals.map((signal) => [signal, () => listener(signal)] as const);
  for (const [signal, each] of listeners) Deno.addSignalListener(signal, each);
  return () => {
    for (const [signal, each] of listeners) Deno.removeSignalListener(signal, each);
  };
}

// SIGUSR1 is 30 on macOS; the exit code is the same on all systems.
const EXIT_CODES: Partial<Record<Deno.Signal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGQUIT: 131,
  SIGKILL: 137,
  SIGUSR1: 138,
};

function exitCodeOf(signal: Deno.Signal): number {
  return EXIT_CODES[signal] ?? 143;
}

/** The signals that end a process without writing its memory to a core dump. */
export const WITHOUT_CORE: readonly Deno.Signal[] = ["SIGHUP", "SIGINT", "SIGTERM", "SIGKILL"];

/**
 * Ends the process by a signal, as the parent, such as a shell's loop, must see that a signal ended
 * it, not an error; or at once with 128 + n if that would not end it, or would write a core dump.
 */
export async function exitBySignal(signal: Deno.Signal): Promise<never> {
  if (Deno.build.os !== "windows" && !isFirstProcess() && WITHOUT_CORE.includes(signal)) {
    for (const { stop } of [...listening]) stop();
    Deno.kill(Deno.pid, signal);
    // A signal that was once listened to is handled by another thread: leave it the time.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  Deno.exit(exitCodeOf(signal));
}

const CONTINUED_MS = 500;

/** Stops the process, as Ctrl-Z does, until a shell continues it. */
export async function suspend(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopListening = listen(["SIGCONT"], () => resolve());
  // The system does not stop a process that no shell could continue.
  const timer = setTimeout(resolve, CONTINUED_MS);
  try {
    // The terminal would stop the whole job, as which a shell waits; that needs a permission.
    const mayStopOthers = Deno.permissions.querySync({ name: "run" }).state === "granted";
    Deno.kill(mayStopOthers ? 0 : Deno.pid, "SIGTSTP");
    await promise;
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

function isFirstProcess(): boolean {
  return Deno.pid === 1;
}

// After this time the process ends, whether or not the store has let go. A program that does not
// listen takes a second, and to tidy up after it may take another program.
const GRACE_MS = 4_000;

/**
 * Ends the process's own children, too, when a signal ends it during a call of a store: no `secret-
 * tool` that waits for an answer is left behind. Ctrl-C reaches them by itself, but `kill` and a
 * time limit of the caller do not.
 */
export async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: Deno.Signal | undefined;
  const stopListening = onDeadlySignal((signal) => {
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

// What listens now: a prompt for the passphrase of an encrypted file stands within a call of the store.
const listening = new Set<() => void>();

/** Listens for the first signal that would end the process. */
export function onDeadlySignal(listener: (signal: Deno.Signal) => void): () => void {
  const stopListening = () => {
    listening.delete(stopListening);
    stop();
  };
  const stop = listen(deadlySignals(), (signal) => {
    stopListening();
    listener(signal);
  });
  listening.add(stopListening);
  return stopListening;
}

export function listen(
  signals: readonly Deno.Signal[],
  listener: (signal: Deno.Signal) => void,
): () => void {
  const listeners = signals.map((signal) => [signal, () => listener(signal)] as const);
  for (const [signal, each] of listeners) Deno.addSignalListener(signal, each);
  return () => {
    for (const [signal, each] of listeners) Deno.removeSignalListener(signal, each);
  };
}

function deadlySignals(): Deno.Signal[] {
  return Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
}

const EXIT_CODES: Partial<Record<Deno.Signal, number>> = { SIGHUP: 129, SIGINT: 130, SIGQUIT: 131 };

/**
 * Ends the process by a signal. The parent, such as a shell's loop, must see that a signal ended
 * it, not an error.
 */
export async function exitBySignal(signal: Deno.Signal): Promise<never> {
  if (Deno.build.os !== "windows") {
    for (const stopListening of [...listening]) stopListening();
    Deno.kill(Deno.pid, signal);
    // A signal that was once listened to is handled by another thread: leave it the time.
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  Deno.exit(EXIT_CODES[signal] ?? 143);
}

// @needs unshare (util-linux), python3
//
// The command as the first process of a container: a signal that Deno leaves alone crashes it there.

import { assertEquals } from "@std/assert";
import { onTerminal } from "../fixtures/terminal.ts";
import { unshare } from "../support/namespaces.ts";

const PROCESSES = await unshare("--pid", "--fork", "--mount-proc", "--kill-child");
const OPTIONS = { ignore: !PROCESSES };
const CLI = new URL("../../cli.ts", import.meta.url).href;
const FILLED = new URL("../fixtures/filled_keyring.ts", import.meta.url).href;
const SLOW = new URL("../fixtures/slow_keyring.ts", import.meta.url).href;
const CODES = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129, SIGQUIT: 131, SIGUSR1: 138 } as const;

function command(...args: string[]): string[] {
  const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-check", "-A", CLI];
  return [...PROCESSES ?? [], ...deno, ...args];
}

/** Starts the command, signals it once it is at work, and returns how it ended. */
async function signalled(signal: Deno.Signal, ...args: string[]): Promise<Deno.CommandStatus> {
  const [program = "", ...words] = command(...args);
  const child = new Deno.Command(program, { args: words, stdin: "piped", stdout: "piped" }).spawn();
  const reader = child.stdout.getReader();
  // Its program says that it runs; the others have nothing to say until they end.
  if (args.includes("run") && args.includes(FILLED)) await reader.read();
  const inner = await guardedChild(child.pid);
  // To get to its work from there.
  await new Promise((resolve) => setTimeout(resolve, 200));
  Deno.kill(inner, signal);
  const status = await child.status;
  await Promise.all([reader.cancel(), child.stdin.close().catch(() => {})]);
  return status;
}

/** The child of this process, once it listens to SIGQUIT, as only the command does. */
async function guardedChild(pid: number): Promise<number> {
  for (let tries = 0; tries < 3_000; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const inner = Number(await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`));
    const status = inner > 1 ? await Deno.readTextFile(`/proc/${inner}/status`) : "";
    if (parseInt(/^SigCgt:\s*(\w+)/m.exec(status)?.[1] ?? "0", 16) & 0b100) return inner;
  }
  throw new Error("The command does not start");
}

Deno.test("as the first process each command exits with 128 + n", OPTIONS, async () => {
  const commands = [
    ["-b", FILLED, "set", "s", "u"],
    ["-b", FILLED, "import"],
    ["-b", SLOW, "get", "s", "u"],
    ["-b", SLOW, "run", "--env", "TOKEN=s/u", "--", "true"],
  ];
  for (const [signal, code] of Object.entries(CODES)) {
    const ends = commands.map((args) => signalled(signal as Deno.Signal, ...args));
    for (const status of await Promise.all(ends)) {
      assertEquals(status, { success: false, code, signal: null }, signal);
    }
  }
});

Deno.test("as the first process run passes signals on", OPTIONS, async () => {
  const run = (signal: Deno.Signal, script: string) =>
    signalled(
      signal,
      "-b",
      FILLED,
      "run",
      "--env",
      "A=my_app/alice",
      "--",
      "/bin/sh",
      "-c",
      script,
    );
  const { SIGQUIT: _, SIGUSR1: __, ...passed } = CODES;
  for (const [signal, code] of Object.entries(passed) as [keyof typeof passed, number][]) {
    const name = signal.slice(3);
    const [trapped, untrapped] = await Promise.all([
      run(signal, `trap 'exit 5' ${name}; echo; while :; do sleep 0.05; done`),
      run(signal, "echo; exec sleep 30"),
    ]);
    assertEquals([trapped.code, untrapped.code, untrapped.signal], [5, code, null], signal);
  }
});

Deno.test("as the first process a prompt restores the terminal", OPTIONS, async () => {
  const { status, echo, canonical } = await onTerminal(
    command("-b", FILLED, "set", "s", "u"),
    "'s': ",
    ["secret", "\x03"],
  );
  assertEquals([status, echo, canonical], [130, true, true]);
});

// A signal in the middle of a call takes the child process along.

import { assert, assertEquals, assertLess } from "@std/assert";

const ignore = Deno.build.os === "windows";
const CLI = new URL("../../cli.ts", import.meta.url).href;
const KEYRING = decodeURIComponent(
  new URL("../fixtures/other_tool_keyring.ts", import.meta.url).pathname,
);

// Tells its process id once it is ready, so that no signal comes too early.
const OBEDIENT = 'echo $$ >> "$0.pids"; exec sleep 60';
// Stores one part of a large secret, and has stopped to answer when the second comes.
const STOPPING = `
case $1 in
  store) cat >/dev/null; [ -e "$0.stored" ] || { touch "$0.stored"; exit 0; };;
  clear) ;;
  *) exit 1;;
esac
${OBEDIENT}`;
const STUBBORN = `trap '' TERM INT HUP; ${OBEDIENT.replace("exec sleep 60", "")}` +
  "while :; do sleep 0.1; done";

async function withTool(script: string, test: (tool: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const tool = `${folder}/secret-tool`;
    await Deno.writeTextFile(tool, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    await test(tool);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function start(tool: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-A", CLI, "-b", KEYRING, ...args],
    env: { KEYRING_TEST_TOOL: tool, NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function toolPids(tool: string): Promise<number[]> {
  for (let tries = 0; tries < 3_000; tries++) {
    const pids = await Deno.readTextFile(`${tool}.pids`).catch(() => "");
    if (pids.endsWith("\n")) return pids.trim().split("\n").map(Number);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("The program was never started");
}

async function isRunning(pid: number): Promise<boolean> {
  const { success } = await new Deno.Command("/bin/kill", {
    args: ["-0", `${pid}`],
    stderr: "null",
  }).output();
  return success;
}

async function killDuring(
  args: string[],
  script: string,
  signal: Deno.Signal,
  input = "",
): Promise<void> {
  await withTool(script, async (tool) => {
    const child = start(tool, args);
    const output = child.output();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
    await toolPids(tool);
    const started = performance.now();
    child.kill(signal);
    const status = await output;
    assertEquals([status.signal, status.success], [signal, false]);
    assertLess(performance.now() - started, 40_000);
    assertEquals(new TextDecoder().decode(status.stdout), "");
    const left = [];
    for (const pid of await toolPids(tool)) if (await isRunning(pid)) left.push(pid);
    for (const pid of left) Deno.kill(pid, "SIGKILL");
    assertEquals(left, [], `${args[0]} left a child behind`);
  });
}

for (
  const [command, ...rest] of [["get", "s", "u"], ["set", "s", "u"], ["del", "s", "u"], ["list"], [
    "prune",
  ]]
) {
  Deno.test({ name: `SIGTERM during ${command} leaves no child behind`, ignore }, async () => {
    await killDuring([command ?? "", ...rest], OBEDIENT, "SIGTERM", "made-up");
  });
}

Deno.test({ name: "SIGINT and SIGHUP during a call leave no child behind", ignore }, async () => {
  await killDuring(["get", "s", "u"], OBEDIENT, "SIGINT");
  await killDuring(["get", "s", "u"], OBEDIENT, "SIGHUP");
});

Deno.test({ name: "SIGTERM ends a child that does not listen to it", ignore }, async () => {
  await killDuring(["get", "s", "u"], STUBBORN, "SIGTERM");
});

Deno.test({ name: "SIGTERM while a large secret is stored leaves no child", ignore }, async () => {
  await killDuring(["set", "s", "u"], STOPPING, "SIGTERM", "x".repeat(13_000));
});

Deno.test({
  name: "a keyring that does not listen is left at a second signal, or after four seconds",
  ignore,
  fn: async () => {
    const path = new URL("../fixtures/deaf_keyring.ts", import.meta.url).pathname;
    const endAfter = async (signals: number) => {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-prompt", "-A", CLI, "-b", path, "get", "s", "u"],
        stderr: "piped",
      }).spawn();
      const reader = child.stderr.getReader();
      await reader.read();
      const start = performance.now();
      child.kill("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 500));
      if (signals > 1) child.kill("SIGINT");
      assertEquals((await child.status).signal, "SIGINT");
      await reader.cancel();
      return performance.now() - start;
    };
    const [once, twice] = await Promise.all([endAfter(1), endAfter(2)]);
    assertLess(twice, once - 1_000);
    assert(once > 3_500 && once < 40_000, `${once}`);
  },
});

import { assertEquals, assertInstanceOf, assertLess, assertRejects } from "@std/assert";
import {
  OutputLimitError,
  run,
  type RunOptions,
  TimeLimitError,
} from "../../src/lib/subprocess.ts";

const ignore = Deno.build.os === "windows";

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function shell(script: string, options: Partial<RunOptions> = {}) {
  return run("/bin/sh", { args: ["-c", script], timeoutMs: 10_000, ...options });
}

Deno.test({ name: "run() returns exit code and output", ignore }, async () => {
  const result = await shell("printf out; printf err >&2; exit 3");
  assertEquals([result.code, decode(result.stdout), decode(result.stderr)], [3, "out", "err"]);
  assertEquals([result.stdoutEnded, result.brokenPipe], [true, false]);
});

Deno.test(
  { name: "run() passes stdin byte for byte and leaves the caller's alone", ignore },
  async () => {
    const stdin = Uint8Array.from({ length: 300_000 }, (_, index) => index);
    const { stdout } = await shell("cat", { stdin });
    assertEquals(stdout, Uint8Array.from({ length: 300_000 }, (_, index) => index));
    assertEquals(stdin[255], 255);
  },
);

Deno.test({ name: "run() gives an empty stdin when there is none", ignore }, async () => {
  assertEquals((await shell("cat")).stdout.length, 0);
});

Deno.test({ name: "run() sets environment variables", ignore }, async () => {
  const { stdout } = await shell('printf %s "$KEYRING_TEST"', { env: { KEYRING_TEST: "ä" } });
  assertEquals(decode(stdout), "ä");
});

Deno.test({ name: "run() clears the environment", ignore }, async () => {
  const { stdout } = await run("/usr/bin/env", {
    args: [],
    env: { KEYRING_TEST: "x" },
    clearEnv: true,
    timeoutMs: 10_000,
  });
  assertEquals(decode(stdout), "KEYRING_TEST=x\n");
});

const LOADED = `
import { run } from ${JSON.stringify(new URL("../../src/lib/subprocess.ts", import.meta.url).href)};
const { stdout } = await run("/usr/bin/env", { args: [], timeoutMs: 10_000 });
console.log(new TextDecoder().decode(stdout).split("\\n").filter((line) => /^(LD|DYLD)_/.test(line)));
`;

Deno.test(
  {
    name: "run() starts a program that Deno refuses to start with the loader's variables",
    // macOS takes some of them away by itself.
    ignore: Deno.build.os !== "linux",
  },
  async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--allow-run=/usr/bin/env",
        `data:text/typescript,${encodeURIComponent(LOADED)}`,
      ],
      env: { LD_LIBRARY_PATH: "/nonexistent", LD_MADE_UP: "1", DYLD_MADE_UP: "2", NO_COLOR: "1" },
    });
    const { code, stdout, stderr } = await child.output();
    assertEquals([code, decode(stderr)], [0, ""]);
    const values = (decode(stdout).match(/'[^']*'|"[^"]*"/g) ?? []).toSorted();
    assertEquals(values, ['"DYLD_MADE_UP="', '"LD_LIBRARY_PATH="', '"LD_MADE_UP="']);
  },
);

Deno.test({ name: "run() tells when stdin was not read to its end", ignore }, async () => {
  const result = await shell("exec <&-; sleep 0.1", { stdin: new Uint8Array(1_000_000) });
  assertEquals([result.code, result.brokenPipe], [0, true]);
});

Deno.test({ name: "run() has the system discard stdout", ignore }, async () => {
  const { stdout, stderr } = await shell("printf out; printf err >&2", { discardStdout: true });
  assertEquals([stdout.length, decode(stderr)], [0, "err"]);
});

Deno.test({ name: "run() ends a program at its time limit", ignore }, async () => {
  await assertRejects(() => shell("exec sleep 30", { timeoutMs: 100 }), TimeLimitError);
});

Deno.test(
  { name: "run() counts the time limit from the program's start, not while it waits", ignore },
  async () => {
    // Twelve rounds of eight at once, which together take longer than the limit of each.
    const calls = Array.from({ length: 96 }, () => shell("exec sleep 0.25", { timeoutMs: 2_500 }));
    for (const { code } of await Promise.all(calls)) assertEquals(code, 0);
    const start = performance.now();
    const hanging = Array.from({ length: 20 }, () => shell("exec sleep 30", { timeoutMs: 300 }));
    for (const result of await Promise.allSettled(hanging)) {
      assertInstanceOf(result.status === "rejected" && result.reason, TimeLimitError);
    }
    assertLess(performance.now() - start, 25_000);
  },
);

Deno.test({ name: "run() ends the wait for a place on an abort", ignore }, async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const running = Array.from({ length: 20 }, () => shell("exec sleep 30", { signal }));
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 100);
  const start = performance.now();
  for (const result of await Promise.allSettled(running)) {
    assertEquals(result.status === "rejected" && result.reason, reason);
  }
  assertLess(performance.now() - start, 25_000);
});

Deno.test({ name: "run() kills a program that ignores SIGTERM", ignore }, async () => {
  const start = performance.now();
  const script = "trap '' TERM; while :; do sleep 0.05; done";
  await assertRejects(() => shell(script, { timeoutMs: 100 }), TimeLimitError);
  assertLess(performance.now() - start, 25_000);
});

Deno.test({ name: "run() ends a program with endless output", ignore }, async () => {
  for (const script of ["exec yes", "exec yes >&2"]) {
    await assertRejects(() => shell(script, { maxOutputBytes: 100_000 }), OutputLimitError);
  }
});

Deno.test({ name: "run() rejects with the signal's reason", ignore }, async () => {
  const reason = new Error("enough");
  const before = AbortSignal.abort(reason);
  assertEquals(await shell("exit 0", { signal: before }).catch((error) => error), reason);
  const controller = new AbortController();
  const running = shell("exec sleep 30", { signal: controller.signal }).catch((error) => error);
  setTimeout(() => controller.abort(reason), 50);
  assertEquals(await running, reason);
});

Deno.test(
  { name: "run() does not wait for a grandchild that holds the pipes", ignore },
  async () => {
    const start = performance.now();
    const result = await shell("sleep 30 & printf out");
    assertLess(performance.now() - start, 25_000);
    assertEquals([result.code, decode(result.stdout), result.stdoutEnded], [0, "out", false]);
  },
);

Deno.test({ name: "run() tells the signal that ended the program", ignore }, async () => {
  assertEquals((await shell("kill -9 $$")).code, 137);
});

Deno.test({ name: "run() rejects when there is no such program", ignore }, async () => {
  const error = await run("/nonexistent/program", { args: [], timeoutMs: 1_000 })
    .catch((error) => error);
  assertInstanceOf(error, Deno.errors.NotFound);
});

Deno.test({ name: "run() runs at most eight programs at once", ignore }, async () => {
  const folder = await Deno.makeTempDir();
  try {
    // Each tells how many there are while it runs.
    const script = `touch ${folder}/$$; ls ${folder} | wc -l; sleep 0.05; rm ${folder}/$$`;
    const results = await Promise.all(Array.from({ length: 40 }, () => shell(script)));
    const counts = results.map(({ stdout }) => Number(decode(stdout)));
    assertEquals(counts.length, 40);
    assertLess(Math.max(...counts), 9);
    assertLess(1, Math.max(...counts));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

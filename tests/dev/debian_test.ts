import { assertEquals, assertStringIncludes } from "@std/assert";
import { apt } from "../../dev/rig/debian.ts";

const LOCKED = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt)\n";

/** An apt-get that ends like this, one after another. */
function ending(...stderrs: string[]) {
  const calls: string[][] = [];
  const run = (args: string[]) => {
    calls.push(args);
    const stderr = stderrs[calls.length - 1] ?? "";
    return Promise.resolve({ code: stderr === "" ? 0 : 100, stderr });
  };
  return { calls, run };
}

Deno.test("apt() waits for another process that holds the lock", async () => {
  const { calls, run } = ending(LOCKED, LOCKED, "");
  assertEquals(await apt(["install", "x"], { run, pauseMs: 1 }), undefined);
  assertEquals(calls, [["install", "x"], ["install", "x"], ["install", "x"]]);
});

Deno.test("apt() gives up at the limit, and at once where waiting does not help", async () => {
  const locked = ending(LOCKED, LOCKED);
  const reason = await apt([], { run: locked.run, pauseMs: 1, limitMs: -1 });
  assertStringIncludes(reason ?? "", "Could not get lock");
  const broken = ending("W: a warning\nE: Unable to locate package x\n", "");
  const other = await apt([], { run: broken.run, pauseMs: 1 });
  assertEquals([other, broken.calls.length], [
    "apt-get failed: E: Unable to locate package x",
    1,
  ]);
});

import { assert, assertEquals } from "@std/assert";
import { atTimeLimit, timeLimit } from "../../src/lib/time_limit.ts";

Deno.test("timeLimit() aborts in time, the first calls as well as many more", async () => {
  for (let call = 0; call < 15; call++) {
    const start = performance.now();
    using limit = timeLimit(20);
    assertEquals(limit.signal.aborted, false);
    await new Promise((resolve) => {
      limit.signal.addEventListener("abort", resolve, { once: true });
      // Such as the request that is under way.
      const timer = setTimeout(() => {}, 1_000);
      limit.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    });
    assert(limit.signal.aborted && performance.now() - start > 15);
  }
});

Deno.test("every limit acts once, and those that are taken back do not", async () => {
  const ended: number[] = [];
  const after = (ms: number) => atTimeLimit(ms, () => ended.push(ms));
  const kept = [120, 30, 60, 90].map(after);
  const taken = [10, 45, 75].map(after);
  for (const limit of taken) limit[Symbol.dispose]();
  await new Promise((resolve) => setTimeout(resolve, 45));
  kept.push(after(5));
  while (ended.length < kept.length) await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals(ended.toSorted((a, b) => a - b), [5, 30, 60, 90, 120]);
});

Deno.test("a limit that acts can set others and take others back", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const ended: string[] = [];
  const limit = (name: string, ms: number, act = () => {}) =>
    atTimeLimit(ms, () => {
      ended.push(name);
      act();
    });
  const taken = limit("taken back by the first", 10);
  limit("kept", 60, resolve);
  limit("first", 9, () => {
    taken[Symbol.dispose]();
    limit("set by the first", 60_000)[Symbol.dispose]();
    limit("also set by the first", 10, () => limit("set by that", 10));
  });
  await promise;
  while (ended.length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
  // Under load the two that are due first can be so at once, in the order in which they were set.
  const names = ended.filter((name) => name !== "taken back by the first");
  assertEquals(names.toSorted(), ["also set by the first", "first", "kept", "set by that"]);
});

Deno.test("a process ends once no limit is left, whatever became of them", async () => {
  const url = new URL("../../src/lib/time_limit.ts", import.meta.url);
  const source = `
    import { atTimeLimit } from ${JSON.stringify(url)};
    const later = [60_000, 40_000, 50_000].map((ms) => atTimeLimit(ms, () => {}));
    const { promise, resolve } = Promise.withResolvers();
    atTimeLimit(10, () => {
      for (const limit of later) limit[Symbol.dispose]();
      resolve();
    });
    await promise;
    { using _limit = atTimeLimit(30_000, () => {}); }`;
  const start = performance.now();
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", source],
  }).output();
  assert(success && performance.now() - start < 25_000);
});

import { assert, assertEquals } from "@std/assert";
import { atTimeLimit, timeLimit } from "../../src/lib/time_limit.ts";

Deno.test("timeLimit() aborts in time, the first calls as well as many more", async () => {
  for (let call = 0; call < 15; call++) {
    using limit = timeLimit(20);
    assertEquals(limit.signal.aborted, false);
    const start = performance.now();
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

Deno.test("a limit that acts can set the next one", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  atTimeLimit(10, () => atTimeLimit(10, () => atTimeLimit(10, resolve)));
  await promise;
});

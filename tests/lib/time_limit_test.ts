import { assert, assertEquals } from "@std/assert";
import { timeLimit } from "../../src/lib/time_limit.ts";

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

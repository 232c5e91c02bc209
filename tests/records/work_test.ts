import { assert, assertEquals, assertRejects } from "@std/assert";
import { forEach } from "../../src/records/work.ts";

const ITEMS = Array.from({ length: 20 }, (_, index) => index);
const later = () => new Promise((resolve) => setTimeout(resolve, 1));

Deno.test("forEach() works on as many at once as the keyring is made for", async () => {
  for (const concurrency of [undefined, 1, 8, 50]) {
    const done: number[] = [];
    let [now, most] = [0, 0];
    await forEach(concurrency === undefined ? {} : { concurrency }, ITEMS, async (item) => {
      most = Math.max(most, ++now);
      await later();
      now--;
      done.push(item);
    });
    assertEquals(done.toSorted((a, b) => a - b), ITEMS);
    assertEquals(most, Math.min(concurrency ?? 1, ITEMS.length));
    if (most === 1) assertEquals(done, ITEMS);
  }
});

Deno.test("forEach() begins nothing after the last, and ends what was begun", async () => {
  const done: number[] = [];
  await forEach({ concurrency: 4 }, ITEMS, async (item) => {
    await later();
    done.push(item);
    if (item === 2) return "last";
  });
  assert(done.includes(3) && done.length < 10, done.join());
  const begun: number[] = [];
  let ended = 0;
  const failing = forEach({ concurrency: 4 }, ITEMS, async (item) => {
    begun.push(item);
    if (item === 1) throw new RangeError("made-up");
    await later();
    ended++;
  });
  await assertRejects(() => failing, RangeError, "made-up");
  assertEquals([begun, ended], [[0, 1, 2, 3], 3]);
});

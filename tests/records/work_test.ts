import { MemoryKeyring } from "../../src/backends/memory.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Keyring } from "../../src/keyring.ts";
import { migrateEntries } from "../../src/records/migrate.ts";
import { findExisting } from "../../src/records/plan.ts";
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

/** A keyring whose calls take a while, in which nothing else runs, as those of Windows do. */
function busy(): Keyring & { calls: number } {
  const keyring = Object.assign(new MemoryKeyring(), { calls: 0 });
  const work = () => {
    keyring.calls++;
    const end = performance.now() + 5;
    while (performance.now() < end);
  };
  const get = keyring.getSecret.bind(keyring);
  return Object.assign(keyring, {
    has: (_service: string, _username: string, { signal }: { signal?: AbortSignal } = {}) => {
      signal?.throwIfAborted();
      work();
      return Promise.resolve(false);
    },
    getSecret: (...args: Parameters<typeof get>) => {
      work();
      return get(...args);
    },
  });
}

Deno.test("a signal is noticed while a store works on many entries without a pause", async () => {
  const entries = Array.from({ length: 400 }, (_, line) => (
    { line, service: "my_app", username: `user${line}`, secret: "made-up" }
  ));
  const step = () => Promise.resolve();
  const keyring = busy();
  for (const { service, username, secret } of entries) {
    await keyring.setPassword(service, username, secret);
  }
  const works: ((signal: AbortSignal) => Promise<unknown>)[] = [
    (signal) => findExisting(keyring, entries, { signal, step }),
    (signal) => migrateEntries(keyring, new MemoryKeyring(), { signal }),
    (signal) =>
      forEach(keyring, entries, async ({ service, username }) => {
        await keyring.getSecret(service, username);
        signal.throwIfAborted();
      }),
  ];
  for (const work of works) {
    const controller = new AbortController();
    keyring.calls = 0;
    setTimeout(() => controller.abort(new RangeError("made-up")), 1);
    await assertRejects(() => work(controller.signal), RangeError, "made-up");
    assert(keyring.calls < 200, `${keyring.calls} calls`);
  }
});

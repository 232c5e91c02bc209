import { assertEquals, assertRejects } from "@std/assert";
import { Semaphore } from "../../src/lib/semaphore.ts";

/** An action that ends when it is told to. */
function held(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const action = async () => {
    log.push(name);
    await promise;
    return name;
  };
  return { action, end: resolve };
}

/** Long enough for all that is ready to go on. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("Semaphore lets in as many as it has places, then one for each that leaves, in order", async () => {
  const semaphore = new Semaphore(2);
  const log: string[] = [];
  const all = ["a", "b", "c", "d"].map((name) => held(log, name));
  const results = all.map(({ action }) => semaphore.run(undefined, action));
  await settle();
  assertEquals(log, ["a", "b"]);
  all[1]?.end();
  await settle();
  assertEquals(log, ["a", "b", "c"]);
  for (const { end } of all) end();
  assertEquals(await Promise.all(results), ["a", "b", "c", "d"]);
  assertEquals(log, ["a", "b", "c", "d"]);
});

Deno.test("Semaphore gives the place of one that failed to the next", async () => {
  const semaphore = new Semaphore(1);
  const failing = semaphore.run(undefined, () => Promise.reject(new Error("made up")));
  const next = semaphore.run(undefined, () => Promise.resolve("next"));
  await assertRejects(() => failing, Error, "made up");
  assertEquals(await next, "next");
});

Deno.test("Semaphore lets one that waits give up, and keeps the order of the others", async () => {
  const semaphore = new Semaphore(1);
  const log: string[] = [];
  const [first, second, third] = ["first", "second", "third"].map((name) => held(log, name));
  const controller = new AbortController();
  const results = [
    semaphore.run(undefined, first?.action ?? fail),
    semaphore.run(controller.signal, second?.action ?? fail),
    semaphore.run(undefined, third?.action ?? fail),
  ];
  controller.abort(new Error("given up"));
  await assertRejects(() => results[1] ?? fail(), Error, "given up");
  first?.end();
  third?.end();
  await Promise.all([results[0], results[2]]);
  assertEquals(log, ["first", "third"]);
  assertEquals(await semaphore.run(undefined, () => Promise.resolve("free again")), "free again");
});

Deno.test("Semaphore lets nobody in whose signal was aborted before", async () => {
  const semaphore = new Semaphore(1);
  const signal = AbortSignal.abort(new Error("too late"));
  await assertRejects(() => semaphore.run(signal, fail), Error, "too late");
});

function fail(): Promise<string> {
  throw new Error("must not be called");
}

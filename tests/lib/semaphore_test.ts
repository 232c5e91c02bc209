import { assertEquals, assertRejects } from "@std/assert";
import { Gate } from "../../src/lib/semaphore.ts";

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

Deno.test("Gate lets in as many as it has places, then one for each that leaves, in order", async () => {
  const gate = new Gate(2);
  const log: string[] = [];
  const all = ["a", "b", "c", "d"].map((name) => held(log, name));
  const results = all.map(({ action }) => gate.run(undefined, action));
  await settle();
  assertEquals(log, ["a", "b"]);
  all[1]?.end();
  await settle();
  assertEquals(log, ["a", "b", "c"]);
  for (const { end } of all) end();
  assertEquals(await Promise.all(results), ["a", "b", "c", "d"]);
  assertEquals(log, ["a", "b", "c", "d"]);
});

Deno.test("Gate gives the place of one that failed to the next", async () => {
  const gate = new Gate(1);
  const failing = gate.run(undefined, () => Promise.reject(new Error("made up")));
  const next = gate.run(undefined, () => Promise.resolve("next"));
  await assertRejects(() => failing, Error, "made up");
  assertEquals(await next, "next");
});

Deno.test("Gate lets one that waits give up, and keeps the order of the others", async () => {
  const gate = new Gate(1);
  const log: string[] = [];
  const [first, second, third] = ["first", "second", "third"].map((name) => held(log, name));
  const controller = new AbortController();
  const results = [
    gate.run(undefined, first?.action ?? fail),
    gate.run(controller.signal, second?.action ?? fail),
    gate.run(undefined, third?.action ?? fail),
  ];
  controller.abort(new Error("given up"));
  await assertRejects(() => results[1] ?? fail(), Error, "given up");
  first?.end();
  third?.end();
  await Promise.all([results[0], results[2]]);
  assertEquals(log, ["first", "third"]);
  assertEquals(await gate.run(undefined, () => Promise.resolve("free again")), "free again");
});

Deno.test("Gate lets nobody in whose signal was aborted before", async () => {
  const gate = new Gate(1);
  const signal = AbortSignal.abort(new Error("too late"));
  await assertRejects(() => gate.run(signal, fail), Error, "too late");
});

function fail(): Promise<string> {
  throw new Error("must not be called");
}

import { assertEquals, assertRejects } from "@std/assert";
import { SharedToken } from "../../src/lib/shared_token.ts";

Deno.test("SharedToken is obtained once for calls at the same time", async () => {
  let count = 0;
  const shared = new SharedToken(() =>
    Promise.resolve({ token: `token ${count++}`, until: Infinity })
  );
  const calls = Array.from({ length: 20 }, () => shared.get(new AbortController().signal));
  assertEquals(new Set(await Promise.all(calls)), new Set(["token 0"]));
});

Deno.test("SharedToken is obtained again when it is over", async () => {
  let count = 0;
  const shared = new SharedToken(() => Promise.resolve({ token: count++, until: 0 }));
  for (const expected of [0, 1, 2]) {
    assertEquals(await shared.get(new AbortController().signal), expected);
  }
});

Deno.test("SharedToken is renewed once, whoever finds out, and not again at once", async () => {
  let count = 0;
  const shared = new SharedToken(() => Promise.resolve({ token: count++, until: Infinity }));
  const signal = undefined;
  assertEquals(await shared.get(signal), 0);
  const renewed = await Promise.all([0, 0, 0].map((refused) => shared.renew(refused, signal)));
  assertEquals(renewed, [1, 1, 1]);
  assertEquals(await shared.renew(1, signal), undefined);
  assertEquals(count, 2);
});

Deno.test("SharedToken is not given up by the call that did not start it", async () => {
  const attempts: PromiseWithResolvers<{ token: string; until: number }>[] = [];
  const shared = new SharedToken((signal) => {
    const attempt = Promise.withResolvers<{ token: string; until: number }>();
    signal?.addEventListener("abort", () => attempt.reject(signal.reason));
    attempts.push(attempt);
    return attempt.promise;
  });
  const first = new AbortController();
  const given = shared.get(first.signal);
  const waiting = shared.get(new AbortController().signal);
  first.abort(new RangeError("enough"));
  await assertRejects(() => given, RangeError);
  while (attempts.length < 2) await Promise.resolve();
  attempts[1]?.resolve({ token: "second", until: Infinity });
  assertEquals(await waiting, "second");
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { NoAnswerError, retryAfter, send } from "../../src/lib/http.ts";

Deno.test("retryAfter() reads seconds and dates", () => {
  const of = (text: string) => retryAfter(new Headers({ "Retry-After": text }));
  assertEquals([of("0"), of("7"), of("1.5"), of("-1"), of("soon"), of("")], [
    0,
    7,
    1.5,
    0,
    undefined,
    undefined,
  ]);
  const later = of(new Date(Date.now() + 30_000).toUTCString()) ?? 0;
  assert(later > 25 && later <= 30);
  assertEquals(of(new Date(0).toUTCString()), 0);
  assertEquals(retryAfter(new Headers()), undefined);
});

Deno.test("send() follows no redirect", async () => {
  const listen = { hostname: "127.0.0.1", port: 0, onListen() {} };
  await using server = Deno.serve(listen, () => Response.redirect("http://127.0.0.1:9/", 307));
  const url = `http://127.0.0.1:${server.addr.port}`;
  const { status, headers } = await send(url, { method: "GET", headers: {} });
  assertEquals([status, headers.get("location")], [307, "http://127.0.0.1:9/"]);
});

Deno.test("send() tells what was not sent from what may have been done", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  // Before 2.9.6 Deno tries again.
  const accepted = Array.fromAsync(listener, (connection) => connection.close());
  const request = { method: "POST", headers: {}, body: "x" };
  const url = `http://127.0.0.1:${listener.addr.port}/path?secret`;
  const lost = await assertRejects(() => send(url, request), NoAnswerError);
  assertEquals(lost.kind, "lost");
  listener.close();
  await accepted;
  const unreachable = await assertRejects(() => send(url, request), NoAnswerError);
  assertEquals([unreachable.kind, unreachable.message.includes("secret")], ["unreachable", false]);
});

Deno.test({
  name: "send() names the flag that it lacks",
  permissions: "none",
  fn: async () => {
    for (
      const [url, flag] of [
        ["https://example.com/a", "--allow-net=example.com:443"],
        ["http://127.0.0.1/a", "--allow-net=127.0.0.1:80"],
        ["https://example.com:8200/a", "--allow-net=example.com:8200"],
      ] as const
    ) {
      const error = await assertRejects(
        () => send(url, { method: "GET", headers: {} }),
        NoAnswerError,
      );
      assertEquals([error.kind, error.flag], ["permission", flag]);
    }
  },
});

Deno.test("send() ends with the reason of its signal", async () => {
  const listen = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const answer = Promise.withResolvers<Response>();
  await using server = Deno.serve(listen, () => answer.promise);
  const abort = new AbortController();
  const url = `http://127.0.0.1:${server.addr.port}`;
  const sent = send(url, { method: "GET", headers: {}, signal: abort.signal });
  setTimeout(() => abort.abort(new RangeError("enough")), 50);
  await assertRejects(() => sent, RangeError, "enough");
  answer.resolve(new Response());
});

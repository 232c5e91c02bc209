import { assert, assertEquals } from "@std/assert";
import { encodeMessage, SIGNAL } from "../../../src/lib/dbus/message.ts";
import { Transport } from "../../../src/lib/dbus/transport.ts";
import { holdsMarker, MARKER } from "../../fixtures/buffer_watch.ts";

Deno.test("a Transport keeps nothing of a message that it passed on", async () => {
  const fields = { path: "/a", interface: "a.b", member: "C", signature: "s", body: [MARKER] };
  const message = encodeMessage({ ...fields, type: SIGNAL, serial: 1 });
  const arriving = [new TextEncoder().encode("OK 0123456789abcdef\r\n"), message];
  const received: unknown[] = [];
  let buffer = new Uint8Array();
  const socket = {
    ref() {},
    read(into: Uint8Array<ArrayBuffer>) {
      buffer = new Uint8Array(into.buffer);
      const bytes = arriving.shift() ?? new Uint8Array();
      into.set(bytes);
      return Promise.resolve(bytes.length);
    },
  };
  const transport = new Transport(socket as unknown as Deno.UnixConn, {
    isWaiting: () => received.length === 0,
    receive: ({ body }) => {
      assert(holdsMarker(buffer));
      received.push(body?.[0]);
    },
    fail: (error) => received.push(error),
  });
  transport.wake();
  await transport.closed();
  assertEquals(received, [MARKER]);
  assert(!holdsMarker(buffer));
});

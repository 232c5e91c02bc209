// Stands between a client and a real bus, sees every message, and can interfere at each.

import { FakeBus, FakeClient } from "../lib/dbus/fake_bus.ts";
import type { Message } from "../../src/lib/dbus/message.ts";

export interface Passing {
  message: Message;
  /** Whether it comes from the client. */
  isCall: boolean;
  /** Closes the connections of both sides. */
  cut(): void;
}

/** What is done with each message before it is passed on; after a cut it is not. */
export type Watch = (passing: Passing) => void | Promise<void>;

/** Starts a proxy of the bus that listens at a path. */
export async function startProxy(path: string, watch: Watch): Promise<FakeBus> {
  return await FakeBus.start(async (client) => {
    const bus = new FakeClient(await Deno.connect({ transport: "unix", path }));
    let isCut = false;
    const cut = () => {
      isCut = true;
      client.close();
      bus.close();
    };
    const pass = async (from: FakeClient, to: FakeClient, isCall: boolean) => {
      try {
        while (!isCut) {
          const message = await from.next();
          await watch({ message, isCall, cut });
          if (!isCut) await to.send(message);
        }
      } finally {
        cut();
      }
    };
    await bus.write("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n");
    await bus.readText("OK ");
    await bus.readText("\r\n");
    await client.authenticate();
    await Promise.allSettled([pass(client, bus, true), pass(bus, client, false)]);
  });
}

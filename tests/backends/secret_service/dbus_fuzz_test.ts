// Whatever a daemon answers, a call has a result or fails with an error of this library, in time. A
// failure prints the seed that repeats it.

import { assert, assertInstanceOf, assertLess } from "@std/assert";
import fc from "fast-check";
import { KWalletKeyring, SecretServiceKeyring } from "../../../backends.ts";
import { KeyringError } from "../../../src/errors.ts";
import { BUS } from "../../../src/lib/dbus/connection.ts";
import type { Message } from "../../../src/lib/dbus/message.ts";
import { Variant } from "../../../src/lib/dbus/types.ts";
import { FakeBus, type FakeClient } from "../../lib/dbus/fake_bus.ts";
import { bodies, valueOf } from "../../lib/dbus/typed_values.ts";

const ignore = Deno.build.os === "windows";
const TIMEOUT_MS = 60;
/** The signatures of the right answers. */
const REPLIES: Record<string, string> = {
  ...{ OpenSession: "vo", Close: "", SearchItems: "aoao", GetSecrets: "a{o(oayays)}" },
  ...{ SetSecret: "", CreateItem: "oo", Delete: "o", Unlock: "aoo", ReadAlias: "o", Get: "v" },
  ...{ GetAll: "a{sv}", Prompt: "", networkWallet: "s", open: "i", hasEntry: "b", sync: "" },
  ...{ readPassword: "s", writePassword: "i", removeEntry: "i", folderList: "as", entryList: "as" },
  ...{ entryType: "i", isEnabled: "b", NameHasOwner: "b" },
};

interface Answer {
  signature: string;
  body: unknown[];
  error?: string;
}

type Step = [choice: number, other: Answer, seed: number];

const ERRORS = ["UnknownObject", "NoReply", "ServiceUnknown", "InvalidArgs", "NotSupported"];
const ITEM = "/org/freedesktop/secrets/collection/a/1";
const PROPERTIES = new Map(Object.entries({
  Label: new Variant("s", "x"),
  Attributes: new Variant("a{ss}", new Map([["service", "s"], ["username", "u"]])),
  Locked: new Variant("b", false),
  Created: new Variant("t", 1n),
  Modified: new Variant("t", 2n),
}));
/** What a daemon that behaves well answers. */
const GOOD: Record<string, (call: Message) => unknown[]> = {
  OpenSession: () => [new Variant("s", ""), "/s"],
  SearchItems: ({ serial }) => serial % 3 > 0 ? [[ITEM], []] : [[], serial % 2 ? [ITEM] : []],
  GetSecrets: () => [new Map([[ITEM, ["/s", new Uint8Array(), new Uint8Array(3), "text/plain"]]])],
  GetAll: () => [PROPERTIES],
  Get: ({ body }) => [body?.[1] === "Items" ? new Variant("ao", []) : new Variant("b", false)],
  ReadAlias: () => ["/org/freedesktop/secrets/collection/a"],
  Unlock: ({ body }) => [body?.[0], "/"],
  CreateItem: () => [ITEM, "/"],
  Delete: () => ["/"],
  ...{ Close: () => [], SetSecret: () => [], Prompt: () => [], sync: () => [] },
  ...{ networkWallet: () => ["w"], open: () => [1], writePassword: () => [0] },
  ...{ removeEntry: () => [0], readPassword: () => ["x"], folderList: () => [["s"]] },
  ...{ entryList: () => [["u"]], entryType: () => [1] },
  ...{ hasEntry: () => [true], isEnabled: () => [true], NameHasOwner: () => [true] },
};

const steps = fc.infiniteStream(fc.tuple(fc.nat(99), bodies, fc.nat(0xffffffff)));

/** Mostly what is right, so that the next step is reached; else anything of the right types, or of any. */
function answerTo(call: Message, [choice, other, seed]: Step): Answer {
  const { member = "", body: [first] = [] } = call;
  const signature = REPLIES[member];
  const good = GOOD[member];
  if (choice > 96) return { ...other, error: ERRORS[seed % ERRORS.length] ?? "" };
  if (choice > 90 || signature === undefined || !good) return other;
  if (choice > 84 && signature !== "") {
    const [body = []] = fc.sample(valueOf(`(${signature})`), { seed, numRuns: 1 }) as unknown[][];
    return { signature, body };
  }
  if (member === "OpenSession" && first !== "plain") return { ...other, error: "NotSupported" };
  return { signature, body: good(call) };
}

/** Any body in a signal that this library listens to. */
async function sendSignal(client: FakeClient, [choice, { signature, body }]: Step): Promise<void> {
  const names = choice % 16 === 0
    ? { sender: ":1.9", interface: "org.freedesktop.Secret.Prompt", member: "Completed" }
    : { sender: BUS, interface: BUS, member: "NameOwnerChanged" };
  await client.send({ ...names, type: 4, serial: 1, path: "/prompt", signature, body });
}

async function serve(client: FakeClient, stream: Iterator<Step>): Promise<void> {
  await client.greet();
  for (;;) {
    const call = await client.next();
    if ((call.flags ?? 0) & 1) continue;
    const isOfBus = ["AddMatch", "RemoveMatch", "Ping"].includes(call.member ?? "");
    const step: Step = stream.next().value;
    if (step[0] % 8 === 0) await sendSignal(client, step);
    const { error, ...answer } = isOfBus
      ? { signature: "", body: [], error: undefined }
      : answerTo(call, step);
    const reply = { serial: 1, replySerial: call.serial, sender: ":1.9", ...answer };
    const errorName = `org.freedesktop.DBus.Error.${error}`;
    await client.send(
      error === undefined ? { ...reply, type: 2 } : { ...reply, type: 3, errorName },
    );
  }
}

const KEYRINGS = { SecretServiceKeyring, KWalletKeyring };

for (const [name, Class] of Object.entries(KEYRINGS)) {
  Deno.test({
    name: `${name} answers any answers with a result or a KeyringError`,
    ignore,
    fn: async () => {
      let failures = 0;
      let results = 0;
      const property = fc.asyncProperty(steps, async (stream) => {
        const iterator = stream[Symbol.iterator]();
        await using bus = await FakeBus.start((client) => serve(client, iterator));
        using keyring = new Class({ bus: bus.address, timeoutMs: TIMEOUT_MS });
        const calls = [
          () => keyring.getPassword("s", "u"),
          () => keyring.getSecret("s", "u"),
          () => keyring.setPassword("s", "u", "made-up"),
          () => keyring.deletePassword("s", "u"),
          () => keyring.getCredential("s"),
          () => keyring.list(),
          () => keyring.list({ service: "s" }),
          () => keyring.has?.("s", "u"),
        ];
        for (const call of calls) {
          const start = performance.now();
          try {
            const result = await call();
            results++;
            assert(isResult(result), `${result}`);
          } catch (error) {
            failures++;
            assertInstanceOf(error, KeyringError, Deno.inspect(error));
          }
          assertLess(performance.now() - start, 20_000);
        }
      });
      await fc.assert(property, { numRuns: 100 });
      assert(failures > 50 && results > 50, `${failures} failures, ${results} results`);
    },
  });
}

function isResult(result: unknown): boolean {
  if (Array.isArray(result)) {
    return result.every(({ service, username }) =>
      typeof service === "string" && typeof username === "string"
    );
  }
  return result === undefined || result === null || typeof result === "boolean" ||
    typeof result === "string" || result instanceof Uint8Array ||
    typeof (result as { username?: unknown }).username === "string";
}

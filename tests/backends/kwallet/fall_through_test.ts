// @environment kwallet, kwallet6
// @needs secret-tool (libsecret-tools)
//
// KDE Wallet and the Secret Service behind it, as programs that know only the latter see them.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { KWalletKeyring } from "../../../src/backends/kwallet/backend.ts";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { DEFAULT_PROGRAM } from "../../../src/backends/secret_service/secret_tool.ts";
import { PasswordDeleteError } from "../../../src/errors.ts";
import { migrate } from "../../../src/migrate.ts";
import { runToEnd } from "../../fixtures/command.ts";

const ignore = Deno.env.get("KEYRING_TEST_KWALLET") !== "1";
const SERVICE = `os-keyring-test-${crypto.randomUUID()}`;
const keyring = new KWalletKeyring();
const shim = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM });
const bus = Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none";
const behind = new SecretServiceKeyring({ bus });

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await keyring.list();

async function secretTool(args: string[], stdin = ""): Promise<string> {
  const { out } = await runToEnd(DEFAULT_PROGRAM, args, stdin, {});
  return out;
}

Deno.test("what secret-tool stored is found", { ignore }, async () => {
  await shim.setPassword(SERVICE, "alice", "correct horse");
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "correct horse");
  assert(await keyring.has?.(SERVICE, "alice"));
  assertEquals(
    (await keyring.list({ service: SERVICE })).map(({ username }) => username),
    ["alice"],
  );
  assertEquals(await keyring.getCredential(SERVICE), {
    username: "alice",
    password: "correct horse",
  });
  await keyring.deletePassword(SERVICE, "alice");
  assertEquals(await shim.getPassword(SERVICE, "alice"), null);
});

Deno.test("what secret-tool stored in parts is found, and removed whole", { ignore }, async () => {
  const password = "x".repeat(20_000);
  await shim.setPassword(SERVICE, "large", password);
  assertEquals(await keyring.getPassword(SERVICE, "large"), password);
  await keyring.deletePassword(SERVICE, "large");
  assertEquals(await shim.list(), []);
  assertEquals(await secretTool(["search", "--all", "application", "Python keyring library"]), "");
});

Deno.test("a new entry is in the wallet alone", { ignore }, async () => {
  await keyring.setPassword(SERVICE, "bob", "one");
  assertEquals(await behind.getPassword(SERVICE, "bob"), null);
  await keyring.deletePassword(SERVICE, "bob");
});

Deno.test("a write reaches the twin, and a delete takes both", { ignore }, async () => {
  await keyring.setPassword(SERVICE, "carol", "in the wallet");
  await secretTool(["store", "--label=x", "service", SERVICE, "username", "carol"], "behind");
  assertEquals(await keyring.getPassword(SERVICE, "carol"), "in the wallet");
  await keyring.setPassword(SERVICE, "carol", "in both");
  assertEquals(await behind.getPassword(SERVICE, "carol"), "in both");
  assertEquals((await keyring.list({ service: SERVICE })).length, 1);
  await keyring.deletePassword(SERVICE, "carol");
  assertEquals(await behind.getPassword(SERVICE, "carol"), null);
  await assertRejects(() => keyring.deletePassword(SERVICE, "carol"), PasswordDeleteError);
});

Deno.test("an item that has more attributes is left, and reported", { ignore }, async () => {
  const attributes = ["service", SERVICE, "username", "dave", "port", "8443"];
  await secretTool(["store", "--label=x", ...attributes], "of another program");
  assertEquals(await keyring.getPassword(SERVICE, "dave"), "of another program");
  await keyring.setPassword(SERVICE, "dave", "ours");
  assertEquals(await keyring.getPassword(SERVICE, "dave"), "ours");
  const deleting = () => keyring.deletePassword(SERVICE, "dave");
  await assertRejects(deleting, PasswordDeleteError, "it was deleted, but an entry of another");
  assertEquals(await keyring.getPassword(SERVICE, "dave"), "of another program");
  await assertRejects(deleting, PasswordDeleteError, "an entry of another program");
  await secretTool(["clear", ...attributes]);
});

Deno.test("a batch of many entries", { ignore }, async () => {
  const names = Array.from({ length: 50 }, (_, index) => `user ${index}`);
  await keyring.batch?.(async (batch) => {
    for (const name of names) await batch.setPassword(SERVICE, name, name);
  });
  assertEquals((await keyring.list({ service: SERVICE })).length, names.length);
  await keyring.batch?.(async (batch) => {
    for (const name of names) await batch.deletePassword(SERVICE, name);
  });
  assertEquals(await keyring.list({ service: SERVICE }), []);
});

Deno.test("entries migrate between the Secret Service and the wallet", { ignore }, async () => {
  const options = { services: [SERVICE], delete: true };
  await behind.setPassword(SERVICE, "erin", "né");
  const [copied] = await migrate(behind, keyring, options);
  assertEquals([copied?.state, copied?.deleted, copied?.error], ["copied", true, undefined]);
  assertEquals(await keyring.getPassword(SERVICE, "erin"), "né");
  assertEquals(await behind.getPassword(SERVICE, "erin"), null);
  assertEquals(await migrate(behind, keyring, options), []);

  // A delete in the wallet takes what is behind it, too.
  const [back] = await migrate(keyring, behind, options);
  assertEquals([back?.state, back?.deleted], ["copied", false]);
  assertEquals(await behind.getPassword(SERVICE, "erin"), "né");
  const [again] = await migrate(keyring, behind, options);
  assertEquals([again?.state, again?.deleted], ["one entry", false]);
  await keyring.deletePassword(SERVICE, "erin");
  await behind.setPassword(SERVICE, "erin", "behind");
  const [only] = await migrate(keyring, behind, options);
  assertEquals([only?.state, only?.deleted], ["one entry", false]);
  await keyring.deletePassword(SERVICE, "erin");
});

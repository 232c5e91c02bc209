// @environment kwallet, kwallet6

import { assertEquals, assertRejects } from "@std/assert";
import { KWalletKeyring } from "../../../src/backends/kwallet/backend.ts";
import { KeyringError } from "../../../src/errors.ts";
import { sessionBus } from "../../../src/lib/dbus/session.ts";
import { testKeyring } from "../../../src/testing/conformance.ts";

const ignore = Deno.env.get("KEYRING_TEST_KWALLET") !== "1";
const DAEMON = { path: "/modules/kwalletd5", interface: "org.kde.KWallet" };

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await new KWalletKeyring().list();

testKeyring("KWalletKeyring", () => new KWalletKeyring(), { ignore });

Deno.test("KWalletKeyring leaves entries of other types alone", { ignore }, async () => {
  const keyring = new KWalletKeyring();
  await keyring.setPassword("os-keyring-test", "alice", "correct horse");
  const call = async (member: string, signature: string, body: unknown[]) => {
    const reply = await sessionBus().call("org.kde.kwalletd5", {
      ...DAEMON,
      member,
      signature,
      body,
    });
    return reply.body?.[0];
  };
  const wallet = await call("networkWallet", "", []);
  const handle = await call("open", "sxs", [wallet, 0n, "os-keyring-test"]);
  const names = ["os-keyring-test", "stream"];
  const bytes = new Uint8Array([0, 1, 2, 255]);
  await call("writeEntry", "issayis", [handle, ...names, bytes, 2, "os-keyring-test"]);
  try {
    assertEquals((await keyring.list({ service: "os-keyring-test" })).length, 1);
    for (
      const change of [
        () => keyring.setPassword("os-keyring-test", "stream", "new"),
        () => keyring.deletePassword("os-keyring-test", "stream"),
      ]
    ) await assertRejects(change, KeyringError, "is not a password");
  } finally {
    await call("removeEntry", "isss", [handle, ...names, "os-keyring-test"]);
    await keyring.deletePassword("os-keyring-test", "alice");
  }
});

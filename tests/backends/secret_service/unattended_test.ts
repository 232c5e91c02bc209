// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
//
// The Secret Service for a program that nobody waits for: what is locked fails, and nothing is unlocked
// or asked.

import { assertEquals, assertRejects } from "@std/assert";
import { open } from "../../../src/backends/secret_service/open.ts";
import { KeyringLockedError, KeyringPermissionError, NoKeyringError } from "../../../src/errors.ts";
import type { LayoutName } from "../../../src/layouts/names.ts";
import { sessionBus } from "../../../src/lib/dbus/session.ts";
import { startProxy } from "../../support/bus_proxy.ts";
import { GnomeSession, noGnome } from "../../support/gnome_session.ts";
import { Variables } from "../../support/variables.ts";

const SERVICE = "git:https://git.example.com";
const ASKING = ["Unlock", "Prompt", "CreateCollection"];

for (const layout of ["python", "git"] satisfies LayoutName[]) {
  const title = `unattended, a locked keyring fails and stays locked, in the layout ${layout}`;
  Deno.test(title, { ignore: noGnome }, async () => {
    await using session = await GnomeSession.start();
    const asked: string[] = [];
    await using proxy = await startProxy(session.bus.path, ({ message, isCall }) => {
      if (isCall && ASKING.includes(message.member ?? "")) asked.push(`${message.member}`);
    });
    using _ = new Variables({ DBUS_SESSION_BUS_ADDRESS: proxy.address });
    const keyring = await open({ unattended: true, layout });
    await keyring.setPassword(SERVICE, "alice", "s3cret");
    await session.lock();
    const calls = [
      () => keyring.getPassword(SERVICE, "alice"),
      () => keyring.getCredential(SERVICE),
      () => keyring.setPassword(SERVICE, "alice", "new"),
      () => keyring.setPassword(SERVICE, "bob", "new"),
      () => keyring.deletePassword(SERVICE, "alice"),
    ];
    for (const call of calls) {
      await assertRejects(call, KeyringLockedError, "Unlock it in the desktop's own program");
    }
    assertEquals(asked, []);
    await session.restartDaemon();
    await using attended = session.keyring({ layout });
    assertEquals(await attended.getPassword(SERVICE, "alice"), "s3cret");
    assertEquals(await attended.getPassword(SERVICE, "bob"), null);
    await sessionBus({ address: proxy.address })[Symbol.asyncDispose]();
  });
}

Deno.test("unattended, no program is run that could open a dialog", {
  permissions: { env: ["DBUS_SESSION_BUS_ADDRESS", "KEYRING_PROPERTY_APPID"], run: true },
}, async () => {
  await assertRejects(
    () => open({ unattended: true }),
    KeyringPermissionError,
    "--allow-net=unix:",
  );
  const address = Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "";
  Deno.env.set("DBUS_SESSION_BUS_ADDRESS", "tcp:host=127.0.0.1");
  try {
    await assertRejects(() => open({ unattended: true }), NoKeyringError, "needs D-Bus");
  } finally {
    if (address) Deno.env.set("DBUS_SESSION_BUS_ADDRESS", address);
    else Deno.env.delete("DBUS_SESSION_BUS_ADDRESS");
  }
});

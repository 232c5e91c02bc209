// @environment secret-service, kwallet, kwallet6
//
// Which keyring a process chooses on a Linux desktop, by its permissions and by what is on the bus.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { BUS } from "../../src/lib/dbus/connection.ts";
import { sessionBus } from "../../src/lib/dbus/session.ts";
import { runScript } from "../fixtures/command.ts";

const onKde = Deno.env.get("KEYRING_TEST_KWALLET") === "1";
const onGnome = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") === "1";
const address = Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none";
const [, socket = ""] = /unix:path=([^,]+)/.exec(address) ?? [];
const SOCKET = ["read=", "write=", "net=unix:"].map((grant) => `--allow-${grant}${socket}`);
const WITHOUT_DESKTOP = [...SOCKET, "--allow-env=DBUS_SESSION_BUS_ADDRESS"];
const BUS_FLAGS = [...SOCKET, "--allow-env=DBUS_SESSION_BUS_ADDRESS,XDG_CURRENT_DESKTOP"];
const SHIM = ["--allow-run=/usr/bin/secret-tool"];

const SCRIPT = `import { choose } from ${
  JSON.stringify(new URL("../../src/choose.ts", import.meta.url).href)
};
  try {
    const { id, by } = await choose();
    console.log(id + ", by " + by);
  } catch (error) {
    console.log(error.name, error.flag, error.message);
  }`;

async function chosen(flags: string[], desktop: string): Promise<string> {
  const script = `data:text/typescript,${encodeURIComponent(SCRIPT)}`;
  const env = { XDG_CURRENT_DESKTOP: desktop };
  const { out, err } = await runScript(script, [...flags, "--allow-import"], [], "", env);
  return `${out}${err}`.trim();
}

/** Owns a name on the session bus. */
async function owning(name: string, work: () => Promise<void>): Promise<void> {
  const bus = sessionBus();
  const call = async (member: string, signature: string, body: unknown[]) => {
    const path = "/org/freedesktop/DBus";
    await bus.call(BUS, { path, interface: BUS, member, signature, body });
  };
  await call("RequestName", "su", [name, 4]);
  try {
    await work();
  } finally {
    await call("ReleaseName", "s", [name]);
    await bus[Symbol.asyncDispose]();
  }
}

Deno.test("on KDE the wallet is chosen", { ignore: !onKde }, async () => {
  assertEquals(await chosen(BUS_FLAGS, "KDE"), "kwallet, by the desktop");
  assertEquals(await chosen(BUS_FLAGS, "ubuntu:KDE"), "kwallet, by the desktop");
  // The same program owns both names.
  assertEquals(await chosen(WITHOUT_DESKTOP, "KDE"), "kwallet, by the desktop");
});

Deno.test("with secret-tool alone the Secret Service is chosen", {
  ignore: !onKde && !onGnome,
}, async () => {
  for (const flags of [SHIM, [], [...SOCKET, ...SHIM]]) {
    assertEquals(await chosen(flags, "KDE"), "secret-service, by priority");
  }
});

Deno.test("on another desktop the wallet is not chosen", { ignore: !onKde }, async () => {
  for (const desktop of ["GNOME", "kde", "XFCE", ""]) {
    assertEquals(await chosen(BUS_FLAGS, desktop), "secret-service, by priority");
  }
});

Deno.test("on GNOME the Secret Service is chosen", { ignore: !onGnome }, async () => {
  assertEquals(await chosen(BUS_FLAGS, "ubuntu:GNOME"), "secret-service, by priority");
  // Without a wallet, nothing is in doubt.
  assertEquals(await chosen(WITHOUT_DESKTOP, "GNOME"), "secret-service, by priority");
  assertEquals(await chosen(BUS_FLAGS, "KDE"), "secret-service, by priority");
});

Deno.test("where two programs own the names, the desktop must be known", {
  ignore: !onGnome,
}, async () => {
  await owning("org.kde.kwalletd5", async () => {
    const refused = await chosen(WITHOUT_DESKTOP, "GNOME");
    assertStringIncludes(refused, "KeyringPermissionError --allow-env=XDG_CURRENT_DESKTOP ");
    assertStringIncludes(refused, "Add --allow-env=XDG_CURRENT_DESKTOP to the deno command");
    assertEquals(await chosen(BUS_FLAGS, "GNOME"), "secret-service, by priority");
    assertEquals(await chosen(BUS_FLAGS, "KDE"), "kwallet, by the desktop");
  });
});

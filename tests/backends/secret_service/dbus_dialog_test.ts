// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring), Xvfb (xvfb), xdotool, /usr/libexec/gcr-prompter (gcr)
//
// A locked keyring on a display, whose password gnome-keyring asks for in a dialog.

import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import type { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import {
  KeyringError,
  KeyringLockedError,
  KeyringTimeoutError,
  PasswordDeleteError,
} from "../../../src/errors.ts";
import { startProxy } from "../../support/bus_proxy.ts";
import { GnomeSession, noGnome, PASSWORD } from "../../support/gnome_session.ts";
import { noScreen, Screen } from "../../support/screen.ts";

const ignore = noGnome || noScreen;
const SERVICE = "os-keyring-test";
const CLI = decodeURIComponent(new URL("../../../cli.ts", import.meta.url).pathname);

const title = "a call that needs a dialog ends in time, whatever becomes of the dialog";

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test({ name: title, ignore }, async (t) => {
  await using screen = await Screen.start();
  await using session = await GnomeSession.start(screen);
  let dialogs = 0;
  const prompts = new Set<number>();
  await using proxy = await startProxy(session.bus.path, ({ message, isCall }) => {
    if (isCall && message.member === "Prompt") prompts.add(message.serial);
    // An error is the answer for one that is open, or gone.
    else if (prompts.delete(message.replySerial ?? 0) && message.type === 2) dialogs++;
  });
  const open = (timeoutMs = 20_000) => session.keyring({ bus: proxy.address, timeoutMs });
  await using keyring = open();
  const read = (from: SecretServiceKeyring = keyring, options = {}) =>
    from.getPassword(SERVICE, "alice", options);
  await keyring.setPassword(SERVICE, "alice", "made-up");
  await session.lock();

  await t.step(
    "nobody answers it, or the call is aborted: then it waits for the next call",
    async () => {
      const start = performance.now();
      const waiting = assertRejects(
        () => read(open(4_000)),
        KeyringTimeoutError,
        "a dialog is open",
      );
      await screen.until(true);
      await waiting;
      assertGreater(performance.now() - start, 3_900);
      assertLess(performance.now() - start, 18_000);
      const reason = new Error("enough");
      const calls = [
        (signal: AbortSignal) => read(keyring, { signal }),
        (signal: AbortSignal) => keyring.setPassword(SERVICE, "bob", "new", { signal }),
        (signal: AbortSignal) => keyring.deletePassword(SERVICE, "alice", { signal }),
      ];
      for (const call of calls) {
        const controller = new AbortController();
        const aborted = call(controller.signal).catch((error) => error);
        await pause(50);
        const start = performance.now();
        controller.abort(reason);
        assertEquals(await aborted, reason);
        assertLess(performance.now() - start, 10_000);
      }
      assert(await screen.showsDialog());
      const locked = assertRejects(() => read(), KeyringLockedError);
      await screen.answer(locked);
      await locked;
      assert(session.isAlive);
    },
  );

  await t.step("who asked for it is gone", async () => {
    const closed = open();
    const failing = assertRejects(() => read(closed), KeyringError, "was lost");
    await screen.until(true);
    closed.close();
    await failing;
    await screen.answer(screen.until(false));
    const flags = ["run", "-A", "--quiet", "--no-check", "--cached-only"];
    const args = [...flags, CLI, "-b", "secret-service", "get", SERVICE, "alice"];
    const options = { args, env: session.env, stdout: "null", stderr: "null" } as const;
    const child = new Deno.Command(Deno.execPath(), options).spawn();
    await screen.until(true);
    child.kill("SIGTERM");
    assertEquals((await child.status).signal, "SIGTERM");
    await screen.answer(screen.until(false));
    assert(session.isAlive);
  });

  await t.step("it is answered while nobody waits", async () => {
    const controller = new AbortController();
    const aborted = read(keyring, { signal: controller.signal }).catch(() => null);
    await screen.until(true);
    controller.abort();
    await aborted;
    await screen.type(PASSWORD);
    await screen.until(false);
    assertEquals(await read(), "made-up");
    await session.lock();
  });

  await t.step("it is dismissed", async () => {
    const calls = [
      () => read(),
      () => keyring.setPassword(SERVICE, "alice", "new"),
      () => keyring.setPassword(SERVICE, "bob", "new"),
      () => keyring.deletePassword(SERVICE, "alice"),
    ];
    for (const call of calls) {
      dialogs = 0;
      const locked = assertRejects(call, KeyringLockedError, "the keyring is locked");
      await screen.answer(locked);
      await locked;
      assertEquals(dialogs, 1);
    }
  });

  await t.step("it is dismissed, by one of many who wait", async () => {
    for (const rounds of [1, 2]) {
      const calls = Array.from({ length: 20 * rounds }, () => read());
      const all = Promise.all(calls.map((call) => assertRejects(() => call, KeyringLockedError)));
      await screen.answer(all);
      await all;
    }
  });

  await t.step("nothing asks for it", async () => {
    dialogs = 0;
    assertEquals(await keyring.getPassword(SERVICE, "nobody"), null);
    assertEquals((await keyring.list()).length, 1);
    await assertRejects(() => keyring.deletePassword(SERVICE, "nobody"), PasswordDeleteError);
    assertEquals(dialogs, 0);
  });

  await t.step("it is answered wrongly, and then dismissed", async () => {
    const locked = assertRejects(() => read(), KeyringLockedError);
    await screen.until(true);
    await screen.type("wrong");
    await screen.answer(locked);
    await locked;
  });

  await t.step("it is answered, for all who wait", async () => {
    const calls = [read(), read(), keyring.setPassword(SERVICE, "bob", "new")];
    await screen.answer(Promise.all(calls), PASSWORD);
    assertEquals(await Promise.all(calls), ["made-up", "made-up", undefined]);
    dialogs = 0;
    assertEquals(await keyring.getPassword(SERVICE, "bob"), "new");
    assertEquals(dialogs, 0);
  });

  await t.step("it is needed to list what was never unlocked", async () => {
    await session.restartDaemon("");
    const listing = keyring.list({ service: SERVICE });
    await screen.answer(listing, PASSWORD);
    assertEquals((await listing).map(({ username }) => username), ["alice", "bob"]);
    await session.restartDaemon("");
    const removing = keyring.deletePassword(SERVICE, "bob");
    await screen.answer(removing, PASSWORD);
    await removing;
  });

  await t.step("the daemon is killed meanwhile", async () => {
    assert(session.isAlive);
    await session.lock();
    const failing = assertRejects(() => read(), KeyringError);
    await screen.until(true);
    await session.stopDaemon();
    await failing;
    await screen.until(false);
    await session.startDaemon("");
  });

  await t.step("it breaks down", async () => {
    const locked = assertRejects(() => read(), KeyringLockedError);
    await screen.until(true);
    await screen.killPrompter();
    await locked;
  });
});

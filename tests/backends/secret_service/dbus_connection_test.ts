// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
//
// How many connections the keyrings of a process make, and how these end.

import { assertEquals, assertLess, assertRejects } from "@std/assert";
import { KWalletKeyring, SecretServiceKeyring } from "../../../backends.ts";
import { KeyringError, NoKeyringError } from "../../../src/errors.ts";
import { GnomeSession, noGnome } from "../../support/gnome_session.ts";

const SERVICE = "os-keyring-test";
const MODULE = new URL("../../../backends.ts", import.meta.url).href;

function test(name: string, fn: (session: GnomeSession) => Promise<void>): void {
  Deno.test({
    name,
    ignore: noGnome,
    fn: async () => {
      await using session = await GnomeSession.start();
      await fn(session);
    },
  });
}

/** Writes a script that has a keyring of the session, and the service, at hand. */
async function scriptOf(session: GnomeSession, source: string): Promise<string> {
  const path = await Deno.makeTempFile({ dir: session.bus.folder, suffix: ".ts" });
  const opening = `import { SecretServiceKeyring } from ${JSON.stringify(MODULE)};
    const keyring = new SecretServiceKeyring({ bus: ${JSON.stringify(session.address)} });
    const service = ${JSON.stringify(SERVICE)};`;
  await Deno.writeTextFile(path, `${opening}\n${source}`);
  return path;
}

async function runScript(session: GnomeSession, source: string): Promise<unknown[]> {
  const path = await scriptOf(session, source);
  const args = ["run", "-A", "--quiet", "--no-check", "--cached-only", path];
  const { code, out, err } = await session.run(Deno.execPath(), args);
  return [code, out.trim(), err];
}

test("a thousand calls of several keyrings make one connection", async (session) => {
  using first = session.keyring();
  const others = [
    session.keyring({ application: "another", timeoutMs: 30_000 }),
    new SecretServiceKeyring({ bus: `${session.address},guid=0123456789abcdef` }),
  ];
  await first.setPassword(SERVICE, "0", "made-up");
  const before = await session.connections();
  const calls = Array.from({ length: 1_000 }, (_, index) => {
    const keyring = others[index % 2] ?? first;
    return keyring.getPassword(SERVICE, `${index % 4}`);
  });
  const found = await Promise.all(calls);
  assertEquals(found.filter((text) => text === "made-up").length, 250);
  for (let index = 0; index < 100; index++) await others[index % 2]?.list();
  const kwallet = new KWalletKeyring({ bus: session.address });
  await assertRejects(() => kwallet.getPassword(SERVICE, "0"), NoKeyringError);
  assertEquals(await session.connections(), before + 1);
});

test("each Worker has one connection", async (session) => {
  const worker = await scriptOf(
    session,
    `const calls = Array.from({ length: 100 }, () => keyring.getPassword(service, "alice"));
    postMessage([...new Set(await Promise.all(calls))]);`,
  );
  const before = await session.connections();
  // A worker that is ended takes its connection along, and no other.
  const source = `
    await keyring.setPassword(service, "alice", "made-up");
    for (let count = 0; count < 3; count++) {
      const worker = new Worker("file://${worker}", { type: "module" });
      console.log((await new Promise((resolve) => worker.onmessage = resolve)).data.join());
      worker.terminate();
      await keyring.getPassword(service, "alice");
    }`;
  assertEquals(await runScript(session, source), [0, "made-up\nmade-up\nmade-up", ""]);
  assertEquals(await session.connections(), before + 1 + 1 + 3);
});

test("a script ends by itself, without close()", async (session) => {
  const start = performance.now();
  const source = `await keyring.setPassword(service, "alice", "made-up");
    console.log(await keyring.getPassword(service, "alice"), (await keyring.list()).length);`;
  assertEquals(await runScript(session, source), [0, "made-up 1", ""]);
  const given = `await keyring.list();
    const calls = [AbortSignal.abort(), AbortSignal.timeout(20)].map((signal) =>
      keyring.getPassword(service, "alice", { signal }).catch((error) => error.name));
    console.log((await Promise.all(calls))[0]);`;
  assertEquals(await runScript(session, given), [0, "AbortError", ""]);
  await session.pauseDaemon(true);
  const late = `const impatient = new SecretServiceKeyring(
      { bus: ${JSON.stringify(session.address)}, timeoutMs: 100 });
    await impatient.list().catch((error) => console.log(error.name));`;
  assertEquals(await runScript(session, late), [0, "KeyringTimeoutError", ""]);
  assertLess(performance.now() - start, 55_000);
});

Deno.test("what closes the connection leaves nothing behind", { ignore: noGnome }, async (t) => {
  await using session = await GnomeSession.start();
  await session.keyring().setPassword(SERVICE, "alice", "made-up");
  session.keyring().close();

  await t.step("close()", async () => {
    const keyring = session.keyring();
    assertEquals(await keyring.getPassword(SERVICE, "alice"), "made-up");
    keyring.close();
    keyring.close();
  });

  await t.step("[Symbol.dispose]()", async () => {
    using keyring = session.keyring();
    assertEquals(await keyring.getPassword(SERVICE, "alice"), "made-up");
  });

  await t.step("[Symbol.asyncDispose]()", async () => {
    await using keyring = session.keyring();
    assertEquals(await keyring.getPassword(SERVICE, "alice"), "made-up");
  });

  await t.step("after a call that was given up", async () => {
    await using keyring = session.keyring();
    await session.pauseDaemon(true);
    await assertRejects(() => keyring.list({ signal: AbortSignal.timeout(30) }), DOMException);
    await session.pauseDaemon(false);
  });

  await t.step("while calls wait, which then fail", async () => {
    const keyring = session.keyring();
    await keyring.list();
    await session.pauseDaemon(true);
    const calls = [keyring.list(), keyring.setPassword(SERVICE, "alice", "new")]
      .map((call) => assertRejects(() => call, KeyringError));
    await new Promise((resolve) => setTimeout(resolve, 30));
    await keyring[Symbol.asyncDispose]();
    await Promise.all(calls);
    await session.pauseDaemon(false);
  });

  await t.step("before anything was opened", async () => {
    const keyring = session.keyring();
    keyring.close();
    await keyring[Symbol.asyncDispose]();
  });
});

test("a keyring that is used after close() connects again", async (session) => {
  using keyring = session.keyring();
  await keyring.setPassword(SERVICE, "alice", "made-up");
  const before = await session.connections();
  for (const round of [1, 2, 3]) {
    keyring.close();
    assertEquals(await keyring.getPassword(SERVICE, "alice"), "made-up");
    // Each question makes a connection, too.
    assertEquals(await session.connections(), before + 2 * round);
  }
});

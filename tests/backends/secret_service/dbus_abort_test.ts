// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
//
// A call that is aborted, cut off, or left by its daemon at each message that passes the bus: then
// the old value is there or the new one, and what is reported is true.

import { assert, assertEquals, assertInstanceOf, assertLess } from "@std/assert";
import type { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { KeyringError } from "../../../src/errors.ts";
import { GnomeSession, noGnome } from "../../support/gnome_session.ts";
import { startProxy } from "../../support/bus_proxy.ts";

const SERVICE = "os-keyring-test";
const [OLD, NEW] = ["made-up old", "made-up new"];
const WRITES = ["SetSecret", "CreateItem", "Delete"];

type Values = readonly (string | null)[];
type Operation = (keyring: SecretServiceKeyring, signal: AbortSignal) => Promise<unknown>;

/** What is done to an entry, which has the value before or after. */
const OPERATIONS: Record<string, [operation: Operation, before: string | null, after: Values]> = {
  set: [(keyring, signal) => keyring.setPassword(SERVICE, "a", NEW, { signal }), OLD, [NEW]],
  create: [(keyring, signal) => keyring.setPassword(SERVICE, "a", NEW, { signal }), null, [NEW]],
  delete: [(keyring, signal) => keyring.deletePassword(SERVICE, "a", { signal }), OLD, [null]],
  get: [(keyring, signal) => keyring.getPassword(SERVICE, "a", { signal }), OLD, []],
  list: [(keyring, signal) => keyring.list({ signal }), OLD, []],
};

interface Interference {
  session: GnomeSession;
  controller: AbortController;
  cut(): void;
  isCall: boolean;
}

/** The outcome of a call, and how often it wrote. */
interface Outcome {
  error: unknown;
  writes: number;
  steps: number;
}

/** Makes one call, over a connection of its own, and interferes when that message passes. */
async function interfere(
  session: GnomeSession,
  operation: Operation,
  step: number,
  how: (interference: Interference) => void | Promise<void>,
): Promise<Outcome> {
  const controller = new AbortController();
  const outcome: Outcome = { error: undefined, writes: 0, steps: 0 };
  await using proxy = await startProxy(session.bus.path, async ({ message, isCall, cut }) => {
    const isSilent = ((message.flags ?? 0) & 1) > 0;
    if (isSilent || message.type === 4) return;
    if (WRITES.includes(message.member ?? "")) outcome.writes++;
    if (++outcome.steps === step) await how({ session, controller, cut, isCall });
  });
  await using keyring = session.keyring({ bus: proxy.address, timeoutMs: 60_000 });
  const start = performance.now();
  outcome.error = await operation(keyring, controller.signal).then(() => undefined, (e) => e);
  assertLess(performance.now() - start, 30_000);
  return outcome;
}

async function checkEachStep(
  session: GnomeSession,
  how: (interference: Interference) => void | Promise<void>,
  check: (outcome: Outcome, found: string | null, after: Values) => void,
  settle: () => Promise<void> = async () => {},
): Promise<void> {
  for (const [name, [operation, before, after]] of Object.entries(OPERATIONS)) {
    let isOver = false;
    for (let step = 1; !isOver; step++) {
      await using direct = session.keyring();
      await direct.deletePassword(SERVICE, "a", { missingOk: true });
      if (before !== null) await direct.setPassword(SERVICE, "a", before);
      const outcome = await interfere(session, operation, step, how);
      isOver = outcome.steps < step;
      await settle();
      const found = await direct.getPassword(SERVICE, "a");
      assert([before, ...after].includes(found), `${name} at ${step}: ${found}`);
      assertEquals((await direct.list()).length, found === null ? 0 : 1);
      // No second item with the same names, which a later read could find.
      await direct.deletePassword(SERVICE, "a", { missingOk: true });
      assertEquals(await direct.getPassword(SERVICE, "a"), null);
      if (isOver) assertEquals(outcome.error, undefined, `${name} without interference`);
      if (isOver && after.length > 0) assertEquals([found], [...after]);
      else check(outcome, found, after);
    }
  }
}

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

/** Whether what a call reports agrees with what is stored. */
function checkReport({ error, writes }: Outcome, found: string | null, after: Values): void {
  if (error === undefined) {
    if (after.length > 0) assert(after.includes(found), `success, but ${found}`);
    return;
  }
  assertInstanceOf(error, KeyringError, Deno.inspect(error));
  const isUnknown = error.message.includes("the outcome is unknown");
  // It is unknown only where it was asked for, and then nothing is asked for twice.
  assertEquals(writes, isUnknown ? 1 : 0, error.message);
  if (!isUnknown) assert(!after.includes(found), error.message);
}

test("a call that is aborted at any message leaves the old value or the new one", async (session) => {
  const reason = new Error("enough");
  await checkEachStep(session, ({ controller }) => controller.abort(reason), ({ error }) => {
    // Once the last answer has arrived, there is nothing left to abort.
    if (error !== undefined) assertEquals(error, reason);
  });
});

test("a call that is cut off at any message says so, and writes once at most", async (session) => {
  await checkEachStep(session, ({ cut }) => cut(), checkReport);
});

test("a call whose daemon is killed before any message is made with the next one", async (session) => {
  const kill = async ({ isCall, session }: Interference) => {
    if (isCall) await session.restartDaemon();
  };
  await checkEachStep(session, kill, (outcome, found, after) => {
    checkReport(outcome, found, after);
    // A write may have been sent before the message at which the daemon was killed.
    if (outcome.writes === 0) assertEquals(outcome.error, undefined);
  });
});

test("a call whose daemon is killed while it works on any message says so, and writes once at most", async (session) => {
  let restarted = Promise.resolve();
  const kill = async ({ isCall, session }: Interference) => {
    if (!isCall) return;
    await session.pauseDaemon(true);
    const pause = new Promise((resolve) => setTimeout(resolve, 30));
    restarted = pause.then(() => session.restartDaemon());
  };
  await checkEachStep(session, kill, checkReport, () => restarted);
});

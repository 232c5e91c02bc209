// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
// @soak
//
// Processes that are killed while they write to a real daemon, and fifty that write at once.

import { assert, assertEquals } from "@std/assert";
import { SecretService } from "../../../src/backends/secret_service/service.ts";
import { sessionBus } from "../../../src/lib/dbus/session.ts";
import { GnomeSession, noGnome } from "../../support/gnome_session.ts";

const SERVICE = "os-keyring-test";
const ROUNDS = Deno.env.get("KEYRING_TEST_SOAK") === "1" ? 200 : 20;
const SIZES = [5_000, 100, 1_000_000, 30];
const LONGEST_LIFE_MS = 60;
const PROCESSES = 50;
const FLAGS = ["run", "-A", "--quiet", "--no-check", "--cached-only"];

function pathOf(file: string): string {
  return decodeURIComponent(new URL(file, import.meta.url).pathname);
}

/** The values that a writer stores; a part of one, or a mix of two, is none. */
function isWhole(text: string | null): boolean {
  return text !== null && SIZES.includes(text.length) &&
    text === (text[0] ?? "").repeat(text.length);
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Kills a writer once it writes; some before that. */
async function killLater(writer: Deno.ChildProcess, round: number): Promise<string | null> {
  const reader = writer.stdout.getReader();
  if (round % 4 > 0) await reader.read();
  await pause(Math.random() * LONGEST_LIFE_MS);
  writer.kill("SIGKILL");
  const { signal } = await writer.status;
  await reader.cancel();
  return signal;
}

Deno.test({
  name: "a writer that is killed leaves the old value or the new one",
  ignore: noGnome,
  fn: async () => {
    await using session = await GnomeSession.start();
    await using keyring = session.keyring();
    const service = new SecretService(sessionBus(session));
    const count = async (username: string) => {
      const names = new Map([["service", SERVICE], ["username", username]]);
      return (await service.search(names)).unlocked.length;
    };
    await keyring.setPassword(SERVICE, "replaced", "z".repeat(30));
    const seen = new Set<string>();
    let reads = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const args = [...FLAGS, pathOf("../../support/bus_writer.ts"), session.address, SERVICE];
      const writer = new Deno.Command(Deno.execPath(), {
        args: [...args, ...SIZES.map(String)],
        stdout: "piped",
      }).spawn();
      let isAlive = true;
      const ended = killLater(writer, round).finally(() => isAlive = false);
      do {
        const text = await keyring.getPassword(SERVICE, "replaced");
        assert(isWhole(text), `${text?.length} characters`);
        seen.add(`${text?.length}${text?.[0]}`);
        reads++;
      } while (isAlive);
      assertEquals(await ended, "SIGKILL");
      assert(isWhole(await keyring.getPassword(SERVICE, "replaced")));
      const other = await keyring.getPassword(SERVICE, "deleted");
      assert(other === null || isWhole(other), `${other?.length} characters`);
      assertEquals([await count("replaced"), await count("deleted")], [1, other === null ? 0 : 1]);
      assert(session.isAlive);
    }
    assert(seen.size > 2, "No writer ever wrote");
    console.log(`${ROUNDS} writers killed, ${reads} reads, ${seen.size} values seen`);
  },
});

interface Report {
  own: string | null;
  seen: (string | null)[];
}

async function runOne(session: GnomeSession, number: number): Promise<Report> {
  const script = pathOf("../../fixtures/one_of_many.ts");
  const args = [...FLAGS, script, SERVICE, `${number}`, session.address];
  const { code, out, err } = await session.run(Deno.execPath(), args);
  assertEquals([code, err], [0, ""]);
  return JSON.parse(out);
}

Deno.test({
  name: "fifty processes at once lose nothing and mix nothing up, over D-Bus",
  ignore: noGnome,
  fn: async () => {
    await using session = await GnomeSession.start();
    await using keyring = session.keyring();
    const numbers = Array.from({ length: PROCESSES }, (_, index) => index);
    const reports = await Promise.all(numbers.map((number) => runOne(session, number)));
    const written = new Set<string | null>(numbers.map((number) => `shared by ${number}`));
    for (const [number, { own, seen: [first, ...later] }] of reports.entries()) {
      assertEquals(own, `value of ${number}`);
      assert(first === null || written.has(first ?? null), `${first}`);
      for (const value of later) assert(written.has(value), `${value}`);
      assertEquals(await keyring.getPassword(SERVICE, `user ${number}`), `value of ${number}`);
    }
    assert(written.has(await keyring.getPassword(SERVICE, "shared")));
    const names = (await keyring.list({ service: SERVICE })).map(({ username }) => username);
    assertEquals(names.toSorted(), ["shared", ...numbers.map((n) => `user ${n}`)].toSorted());
    // One item for each entry.
    const all = new Map([["service", SERVICE]]);
    const { unlocked } = await new SecretService(sessionBus(session)).search(all);
    assertEquals(unlocked.length, PROCESSES + 1);
    assert(session.isAlive);
  },
});

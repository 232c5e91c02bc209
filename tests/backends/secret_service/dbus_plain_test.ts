// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
// @uses python3:keyring (python3-keyring)
//
// A keyring without a password, whose file is not encrypted, and a daemon that starts again.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { exists } from "../../lib/dbus/private_bus.ts";
import { GnomeSession, noGnome } from "../../support/gnome_session.ts";

const SERVICE = "os-keyring-test";
const SCRIPT = decodeURIComponent(new URL("../../support/bus_texts.ts", import.meta.url).pathname);
const noPython = !exists("/usr/lib/python3/dist-packages/keyring");
const LINES = ["a\nb", "a\n[c]\nd", "a\r", "\r\n"];
const TEXTS = [...LINES, 'p\\w "o\'brien"', "\\n", " a", "\ta", "a ", "", "é #;="];

/** Sets or gets texts in a process that has the variables of the session. */
async function run(
  session: GnomeSession,
  what: "set" | "get",
  texts: string[],
  flags = ["-A"],
): Promise<(string | null)[]> {
  const args = ["run", "--no-prompt", "--quiet", "--no-check", "--cached-only", ...flags];
  const script = [...args, SCRIPT, session.address, SERVICE, what];
  const { code, out, err } = await session.run(Deno.execPath(), script, JSON.stringify(texts));
  assertEquals([code, err], [0, ""]);
  return JSON.parse(out);
}

function test(name: string, ignore: boolean, fn: (session: GnomeSession) => Promise<void>): void {
  Deno.test({
    name,
    ignore,
    fn: async () => {
      await using session = await GnomeSession.start();
      await fn(session);
    },
  });
}

test("text survives in a file that is not encrypted, over D-Bus", noGnome, async (session) => {
  await session.makePlainKeyring();
  await run(session, "set", TEXTS);
  await session.restartDaemon();
  assertEquals(await run(session, "get", TEXTS), TEXTS);
  await run(session, "set", TEXTS);
  await session.restartDaemon();
  assertEquals(await run(session, "get", TEXTS), TEXTS);
  // Proof that it is such a file.
  const file = await Deno.readTextFile(`${session.bus.folder}/data/keyrings/plain.keyring`);
  assertStringIncludes(file, "secret=é #;=\n");
});

test("text destroys no file that may not be read, over D-Bus", noGnome, async (session) => {
  await session.makePlainKeyring();
  const { path } = session.bus;
  const flags = [`--allow-read=${path}`, `--allow-write=${path}`, `--allow-net=unix:${path}`];
  await run(session, "set", TEXTS, flags);
  await session.restartDaemon();
  assertEquals(await run(session, "get", LINES, flags), LINES);
  assertEquals((await run(session, "get", TEXTS)).filter((text) => text === null), []);
});

test(
  "Python reads the text of an encrypted keyring as it is",
  noGnome || noPython,
  async (session) => {
    await run(session, "set", TEXTS);
    const script = "import json, sys; from keyring.backends.SecretService import Keyring; " +
      "texts, service = json.load(sys.stdin), sys.argv[1]; keyring = Keyring(); " +
      "print(json.dumps([keyring.get_password(service, f'user\\n\\\\ {text}') for text in texts]))";
    const input = JSON.stringify(TEXTS);
    const { out, err } = await session.run("/usr/bin/python3", ["-c", script, SERVICE], input);
    assertEquals([JSON.parse(out), err], [TEXTS, ""]);
    await session.restartDaemon();
    assertEquals(await run(session, "get", TEXTS), TEXTS);
  },
);

// @environment windows
//
// Several processes that store entries of the same services at the same moments.

import { assertEquals } from "@std/assert";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { openLibraries } from "../../../src/backends/windows/calls.ts";

const ignore = Deno.build.os !== "windows";
// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (!ignore) openLibraries();
const SCRIPT = new URL("../../fixtures/same_moment.ts", import.meta.url).href;
const USERS = ["alice", "bob", "carol"];
const ROUNDS = 200;

function start(service: string, username: string): Deno.ChildProcess {
  const args = [service, username, `${ROUNDS}`];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "--cached-only", SCRIPT, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Has processes that are ready begin at the same moment, and returns how they ended. */
async function race(children: Deno.ChildProcess[]): Promise<unknown[]> {
  const readers = children.map(({ stdout }) => stdout.getReader());
  await Promise.all(readers.map((reader) => reader.read()));
  const moment = new TextEncoder().encode(`${Date.now() + 1_000}`);
  return await Promise.all(children.map(async ({ stdin, stderr, status }, index) => {
    const writer = stdin.getWriter();
    await writer.write(moment);
    await writer.close();
    const [text, { code }] = await Promise.all([new Response(stderr).text(), status]);
    await readers[index]?.cancel();
    return [code, text];
  }));
}

Deno.test({
  name: "WindowsKeyring loses no user whose first entry another one takes the place of",
  ignore,
}, async () => {
  const keyring = new WindowsKeyring({ persistence: "session" });
  const service = `os-keyring-test-${crypto.randomUUID()}`;
  try {
    // Nothing is read before all have ended: in Wine, an enumeration beside a write may crash.
    const ended = await race(USERS.map((username) => start(service, username)));
    assertEquals(ended, USERS.map(() => [0, ""]));
    const lost: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const username of USERS) {
        const found = await keyring.getPassword(`${service}-${round}`, username);
        if (found !== `of ${username}`) lost.push(`${username} in ${round}: ${found}`);
      }
    }
    assertEquals(lost, []);
  } finally {
    for (const entry of await keyring.list()) {
      if (entry.service.startsWith(service)) {
        await keyring.deletePassword(entry.service, entry.username);
      }
    }
  }
});

// @environment secret-service
//
// A writer that is killed alone at each run of the real secret-tool, in a private session
// (dev/secret_service_session.sh).

import { assert, assertEquals } from "@std/assert";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";
import { countItems, secretTool } from "../../fixtures/secret_tool.ts";

const ignore = !isPrivateSession();
const SERVICE = "keyring_test_cut_off";
const WRITER = decodeURIComponent(new URL("../../support/one_write.ts", import.meta.url).pathname);

// Kills the writer at one run, and then does what secret-tool does when the writer is gone before
// it has handed over anything: it finds an empty input.
const PROGRAM = `#!/bin/sh
run=1
until mkdir "$0.runs/$run" 2>/dev/null; do
  [ -d "$0.runs/$run" ] || exit 1
  run=$((run + 1))
done
[ -e "$0.runs/last$run" ] || exec /usr/bin/secret-tool "$@"
kill -9 "$PPID"
exec /usr/bin/secret-tool "$@" </dev/null
`;

/** A test with the path of such a program, which starts and ends without an entry. */
function test(
  name: string,
  fn: (program: string, keyring: SecretServiceKeyring) => Promise<void>,
): void {
  Deno.test({
    name: `Secret Service: ${name}`,
    ignore,
    fn: async () => {
      const folder = await Deno.makeTempDir();
      const program = `${folder}/secret-tool`;
      const keyring = new SecretServiceKeyring();
      try {
        await Deno.writeTextFile(program, PROGRAM, { mode: 0o755 });
        await fn(program, keyring);
      } finally {
        for (const { username } of await keyring.list({ service: SERVICE })) {
          await keyring.deletePassword(SERVICE, username);
        }
        await Deno.remove(folder, { recursive: true });
      }
    },
  });
}

/** Replaces the secret by a writer that is killed at one of its runs; tells whether it was. */
async function writeAndDie(program: string, run: number, password: string): Promise<boolean> {
  // Some run at the same time: only a folder is made once.
  await Deno.mkdir(`${program}.runs/last${run}`, { recursive: true });
  const args = ["run", "-A", "--no-check", WRITER, program, SERVICE, "alice", password];
  const { code, signal } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert(code === 0 || signal === "SIGKILL", `exit code ${code}`);
  // What it ran last may still be at work.
  await new Promise((resolve) => setTimeout(resolve, 200));
  await Deno.remove(`${program}.runs`, { recursive: true });
  return code !== 0;
}

/** Whether the entry is there and holds nothing, as secret-tool sees it. */
async function isCutOff(): Promise<boolean> {
  const args = ["lookup", "--", "service", SERVICE, "username", "alice"];
  const { code, stdout } = await secretTool(args);
  return code === 0 && stdout === "";
}

for (const old of ["made-up old", null]) {
  const what = old === null ? "creates" : "replaces";
  test(
    `a writer that ${what} an entry and is killed at any run loses nothing`,
    async (program, keyring) => {
      const read = () => keyring.getPassword(SERVICE, "alice");
      const seen = new Set<string | null>();
      let cutOff = 0;
      let killed = true;
      for (let run = 1; killed; run++) {
        if (old !== null) await keyring.setPassword(SERVICE, "alice", old);
        killed = await writeAndDie(program, run, "made-up new");
        if (await isCutOff()) cutOff++;
        const found = await read();
        assert([old, "made-up new"].includes(found), `run ${run}: ${JSON.stringify(found)}`);
        seen.add(found);
        await keyring.prune({ graceMs: 0 });
        assertEquals(await read(), found, `run ${run}`);
        await keyring.setPassword(SERVICE, "alice", "made-up later");
        assertEquals(await read(), "made-up later");
        await keyring.deletePassword(SERVICE, "alice");
        assertEquals(await read(), null);
        assertEquals(await countItems("os-keyring-service", SERVICE), 0);
      }
      assertEquals([seen.size, cutOff], [2, 1]);
    },
  );
}

test(
  "a change that was cut off is in no list, and another tool's is no change",
  async (program, keyring) => {
    await keyring.setPassword(SERVICE, "alice", "made-up old");
    // The fourth run is the one that replaces the entry: after two searches and the change.
    assertEquals(await writeAndDie(program, 4, "made-up new"), true);
    assertEquals(await isCutOff(), true);
    assertEquals(await countItems("os-keyring-service", SERVICE), 1);
    const entry = { service: SERVICE, username: "alice" };
    assertEquals(await keyring.list({ service: SERVICE }), [entry]);
    assertEquals((await keyring.list()).filter(({ service }) => service === SERVICE), [entry]);
    assertEquals(await keyring.getPassword(SERVICE, "alice"), "made-up new");
    // An empty password under the label of Python's keyring is one.
    const label = `--label=Password for 'alice' on '${SERVICE}'`;
    const args = ["store", label, "--", "service", SERVICE, "username", "alice"];
    await secretTool(args);
    assertEquals(await keyring.getPassword(SERVICE, "alice"), "");
    assertEquals(await keyring.prune({ graceMs: 0 }), 1);
  },
);

test(
  "an entry whose first writer was killed hides no other of the service",
  async (program, keyring) => {
    await keyring.setPassword(SERVICE, "bob", "made-up");
    // A lookup takes the newest, by whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    assertEquals(await writeAndDie(program, 3, "made-up new"), true);
    assertEquals(await isCutOff(), true);
    assertEquals(await keyring.getPassword(SERVICE, "alice"), null);
    const bob = { username: "bob", password: "made-up" };
    assertEquals(await keyring.getCredential(SERVICE), bob);
  },
);

// @environment secret-service
//
// A writer that is killed alone at each run of the real secret-tool, in a private session
// (dev/secret_service_session.sh).

import { assert, assertEquals } from "@std/assert";
import { DEFAULT_PROGRAM } from "../../../src/backends/secret_service/secret_tool.ts";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";
import { countItems } from "../../fixtures/secret_tool.ts";

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
      const keyring = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM });
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

for (const old of ["made-up old", null]) {
  const what = old === null ? "creates" : "replaces";
  test(
    `a writer that ${what} an entry and is killed at any run leaves the old, the new or an empty one`,
    async (program, keyring) => {
      const read = () => keyring.getPassword(SERVICE, "alice");
      const seen: (string | null)[] = [];
      let killed = true;
      for (let run = 1; killed; run++) {
        if (old !== null) await keyring.setPassword(SERVICE, "alice", old);
        killed = await writeAndDie(program, run, "made-up new");
        const found = await read();
        seen.push(found);
        // An empty one is an entry like others.
        const names = (await keyring.list({ service: SERVICE })).map(({ username }) => username);
        assertEquals(names, found === null ? [] : ["alice"]);
        await keyring.setPassword(SERVICE, "alice", "made-up later");
        assertEquals(await read(), "made-up later");
        await keyring.deletePassword(SERVICE, "alice");
        assertEquals(await read(), null);
        assertEquals(await countItems("service", SERVICE), 0);
      }
      // Only the one that is killed before it has handed over the secret loses it.
      const before = seen.slice(0, seen.indexOf(""));
      assertEquals(before.every((found) => found === old) && before.length > 0, true);
      assertEquals(seen.slice(before.length), ["", "made-up new", "made-up new"]);
    },
  );
}

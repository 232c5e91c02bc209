// @environment secret-service
//
// Fifty processes on one real keyring at once. They write to it, so they run in a private session
// only: dev/secret_service_session.sh deno test -A tests/backends/secret_service/concurrency_test.ts

import { assert, assertEquals } from "@std/assert";
import { DEFAULT_PROGRAM } from "../../../src/backends/secret_service/secret_tool.ts";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";
import { countItems } from "../../fixtures/secret_tool.ts";

const ignore = !isPrivateSession();
const PROCESSES = 50;
const SERVICE = "keyring_test_concurrency";
const SCRIPT = new URL("../../fixtures/one_of_many.ts", import.meta.url).href;
const NUMBERS = Array.from({ length: PROCESSES }, (_, index) => index);

interface Report {
  own: string | null;
  seen: (string | null)[];
}

async function start(number: number): Promise<Report> {
  const flags = ["--quiet", "--no-check", "--no-prompt", "--allow-run=/usr/bin/secret-tool"];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, SCRIPT, SERVICE, `${number}`],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stderr)], [0, ""]);
  return JSON.parse(decoder.decode(stdout));
}

async function removeAll(keyring: SecretServiceKeyring): Promise<void> {
  for (const { username } of await keyring.list({ service: SERVICE })) {
    await keyring.deletePassword(SERVICE, username);
  }
}

Deno.test({ name: "fifty processes at once lose nothing and mix nothing up", ignore }, async () => {
  const keyring = new SecretServiceKeyring({ secretTool: DEFAULT_PROGRAM, timeoutMs: 20_000 });
  try {
    await keyring.setPassword(SERVICE, "shared", "shared by nobody");
    const reports = await Promise.all(NUMBERS.map(start));
    const written = new Set([
      "shared by nobody",
      ...NUMBERS.map((number) => `shared by ${number}`),
    ]);
    for (const [number, { own, seen }] of reports.entries()) {
      assertEquals(own, `value of ${number}`);
      for (const value of seen) assert(value !== null && written.has(value), `${value}`);
      assert(seen[1] !== "shared by nobody");
    }
    for (const number of NUMBERS) {
      assertEquals(await keyring.getPassword(SERVICE, `user ${number}`), `value of ${number}`);
    }
    const last = await keyring.getPassword(SERVICE, "shared");
    assert(last !== null && last !== "shared by nobody" && written.has(last), `${last}`);
    assertEquals(await countItems("service", SERVICE, "username", "shared"), 1);
    const names = (await keyring.list({ service: SERVICE })).map(({ username }) => username);
    assertEquals(names.toSorted(), ["shared", ...NUMBERS.map((n) => `user ${n}`)].toSorted());
  } finally {
    await removeAll(keyring);
  }
});

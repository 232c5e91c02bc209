// @environment secret-service
//
// Each command with the one flag of the README's table, and no other.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { keyring } from "../../fixtures/command.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const FLAG = "--allow-run=/usr/bin/secret-tool";

Deno.test("each command works on Linux with the flag of the README only", { ignore }, async () => {
  const service = `os-keyring-test-${crypto.randomUUID()}`;
  const entry = [service, "alice"];
  const done = { code: 0, out: "", err: "" };
  assertEquals(await keyring([FLAG], ["get", ...entry]), { ...done, code: 1 });
  assertEquals(await keyring([FLAG], ["set", ...entry], "made-up\n"), done);
  assertEquals(await keyring([FLAG], ["get", ...entry]), { ...done, out: "made-up\n" });
  const listed = await keyring([FLAG], ["list", service]);
  assertEquals([listed.code, listed.err], [0, ""]);
  assertStringIncludes(listed.out, "alice");
  assertEquals(await keyring([FLAG], ["del", ...entry]), done);
  const missing = await keyring([FLAG], ["del", ...entry]);
  assertEquals([missing.code, missing.out], [1, ""]);
  const diagnosis = await keyring([FLAG], ["diagnose"]);
  assertEquals([diagnosis.code, diagnosis.err], [0, ""]);
  assertStringIncludes(diagnosis.out, "secret-service (Secret Service), by priority");
});

Deno.test("run works with the flags of the README only", { ignore }, async () => {
  const service = `https://os-keyring-test.example/${crypto.randomUUID()}`;
  const map = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(map, `SECOND=${service}/alice\n`);
    await keyring([FLAG], ["set", service, "alice"], "made-up\n");
    const args = ["run", "--env", `FIRST=${service}/alice`, "--env-file", map, "--"];
    const flags = [`${FLAG},printenv`, `--allow-read=${map}`];
    const outcome = await keyring(flags, [...args, "printenv", "FIRST", "SECOND"]);
    assertEquals(outcome, { code: 0, out: "made-up\nmade-up\n", err: "" });
    const refused = await keyring([FLAG, `--allow-read=${map}`], [...args, "printenv"]);
    assertStringIncludes(refused.err, "Add --allow-run=printenv to the deno command");
  } finally {
    await keyring([FLAG], ["del", service, "alice"]);
    await Deno.remove(map);
  }
});

Deno.test("each command names the flag that it lacks on Linux", { ignore }, async () => {
  for (const args of [["get", "s", "u"], ["set", "s", "u"], ["del", "s", "u"], ["list"]]) {
    const { code, out, err } = await keyring([], args, "made-up");
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, `Add ${FLAG} to the deno command`);
  }
  const { code, out } = await keyring([], ["diagnose"]);
  assertEquals(code, 0);
  assertStringIncludes(out, FLAG);
});

Deno.test("help and version need no flag", { ignore }, async () => {
  for (const args of [["--help"], ["--version"], ["get", "--help"]]) {
    assertEquals((await keyring([], args)).code, 0);
  }
});

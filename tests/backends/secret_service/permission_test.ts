// @environment secret-service
//
// Each command with the flags of the README's table, and no others.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { CHOICE_FLAGS, keyring } from "../../fixtures/command.ts";

const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1";
const FLAG = "--allow-run=/usr/bin/secret-tool";
const FLAGS = [FLAG, ...CHOICE_FLAGS];
const BUS_FLAGS = ["env=DBUS_SESSION_BUS_ADDRESS,XDG_RUNTIME_DIR,XDG_CURRENT_DESKTOP"].concat(
  ["read=", "write=", "net=unix:"].map((grant) => `${grant}$XDG_RUNTIME_DIR/bus`),
).map((grant) => `--allow-${grant}`);

for (
  const [way, flags] of [
    ["by secret-tool; faster", [FLAG]],
    ["over D-Bus", grantsOfThisBus()],
  ] as const
) {
  Deno.test(`each command works on Linux with its flags only: ${way}`, { ignore }, async () => {
    const run = (args: string[], stdin?: string) =>
      keyring([...flags, ...CHOICE_FLAGS], args, stdin);
    const service = `os-keyring-test-${crypto.randomUUID()}`;
    const entry = [service, "alice"];
    const done = { code: 0, out: "", err: "" };
    assertEquals(await run(["get", ...entry]), { ...done, code: 1 });
    assertEquals(await run(["set", ...entry], "made-up\n"), done);
    assertEquals(await run(["get", ...entry]), { ...done, out: "made-up\n" });
    const listed = await run(["list", service]);
    assertEquals([listed.code, listed.err], [0, ""]);
    assertStringIncludes(listed.out, "alice");
    assertEquals(await run(["del", ...entry]), done);
    const missing = await run(["del", ...entry]);
    assertEquals([missing.code, missing.out], [1, ""]);
    const diagnosis = await run(["diagnose"]);
    assertEquals([diagnosis.code, diagnosis.err], [0, ""]);
    assertStringIncludes(diagnosis.out, "secret-service (Secret Service), by priority");
    assertStringIncludes(diagnosis.out, `viable: ${way}`);
  });
}

/** The flags as the documentation has them, for the socket of this session. */
function grantsOfThisBus(): string[] {
  const [, path = ""] = /unix:path=([^,]+)/.exec(Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "") ??
    [];
  return BUS_FLAGS.map((flag) => flag.replace("$XDG_RUNTIME_DIR/bus", path));
}

Deno.test("run works with the flags of the README only", { ignore }, async () => {
  const service = `https://os-keyring-test.example/${crypto.randomUUID()}`;
  const map = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(map, `SECOND=keyring://${service}/alice\n`);
    await keyring(FLAGS, ["set", service, "alice"], "made-up\n");
    const args = ["run", "--env", `FIRST=${service}/alice`, "--env-file", map, "--"];
    const flags = [`${FLAG},printenv`, ...CHOICE_FLAGS, `--allow-read=${map}`];
    const outcome = await keyring(flags, [...args, "printenv", "FIRST", "SECOND"]);
    assertEquals(outcome, { code: 0, out: "made-up\nmade-up\n", err: "" });
    const refused = await keyring([...FLAGS, `--allow-read=${map}`], [...args, "printenv"]);
    assertStringIncludes(refused.err, "Add --allow-run=printenv to the deno command");
  } finally {
    await keyring(FLAGS, ["del", service, "alice"]);
    await Deno.remove(map);
  }
});

Deno.test("each command names the flag that it lacks on Linux", { ignore }, async () => {
  for (const args of [["get", "s", "u"], ["set", "s", "u"], ["del", "s", "u"], ["list"]]) {
    const { code, out, err } = await keyring(CHOICE_FLAGS, args, "made-up");
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, `Add ${BUS_FLAGS.join(" ")}, or ${FLAG} `);
  }
  const { code, out } = await keyring([], ["diagnose"]);
  assertEquals(code, 0);
  assertStringIncludes(out, `not viable, needs ${BUS_FLAGS.join(" ")}`);
});

Deno.test("help and version need no flag", { ignore }, async () => {
  for (const args of [["--help"], ["--version"], ["get", "--help"]]) {
    assertEquals((await keyring([], args)).code, 0);
  }
});

// @environment windows
//
// The flags of the README, and no others, in a process of its own.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { CHOICE_FLAGS, keyring } from "../../fixtures/command.ts";

const ignore = Deno.build.os !== "windows";
const FLAG = "--allow-ffi=C:\\Windows\\System32\\advapi32.dll,C:\\Windows\\System32\\kernel32.dll";
const FLAGS = [FLAG, ...CHOICE_FLAGS];

async function run(
  flags: string[],
  name = "round_trip",
): Promise<{ code: number; out: string; err: string }> {
  const script = new URL(`../../fixtures/${name}.ts`, import.meta.url).href;
  const service = `os-keyring-test-${crypto.randomUUID()}`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--cached-only", ...flags, script, service],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout).trim(), err: decoder.decode(stderr) };
}

Deno.test(
  "WindowsKeyring works with FFI granted for its two libraries only",
  { ignore },
  async () => {
    const { code, out, err } = await run([FLAG]);
    assertEquals([code, out], [0, "made-up null"], err);
  },
);

Deno.test(
  "CredentialManager works with FFI granted for its two libraries only",
  { ignore },
  async () => {
    const { code, out, err } = await run([FLAG], "manager_round_trip");
    assertEquals([code, out], [0, "made-up 1 true true"], err);
  },
);

Deno.test("WindowsKeyring names the flag that is missing", { ignore }, async () => {
  const { code, err } = await run([]);
  assertEquals(code, 1);
  assertStringIncludes(err, `KeyringPermissionError`);
  assertStringIncludes(err, FLAG);
});

Deno.test(
  "each command works on Windows with the flags of the README only",
  { ignore },
  async () => {
    const service = `os-keyring-test-${crypto.randomUUID()}`;
    const entry = [service, "alice"];
    const done = { code: 0, out: "", err: "" };
    assertEquals(await keyring(FLAGS, ["get", ...entry]), { ...done, code: 1 });
    assertEquals(await keyring(FLAGS, ["set", ...entry], "made-up\r\n"), done);
    assertEquals(await keyring(FLAGS, ["get", ...entry]), { ...done, out: "made-up\n" });
    const listed = await keyring(FLAGS, ["list", service]);
    assertEquals([listed.code, listed.err], [0, ""]);
    assertStringIncludes(listed.out, "alice");
    assertEquals(await keyring(FLAGS, ["del", ...entry]), done);
    const diagnosis = await keyring(FLAGS, ["diagnose"]);
    assertEquals([diagnosis.code, diagnosis.err], [0, ""]);
    assertStringIncludes(diagnosis.out, "windows (Windows Credential Manager), by priority");
  },
);

Deno.test("run works with the flags of the README only", { ignore }, async () => {
  const service = `https://os-keyring-test.example/${crypto.randomUUID()}`;
  const deno = Deno.execPath();
  try {
    await keyring(FLAGS, ["set", service, "alice"], "made-up ñ\r\n");
    const program = [deno, "eval", "--quiet", "console.log(Deno.env.get('TOKEN'))"];
    const args = ["run", "--env", `TOKEN=${service}/alice`, "--", ...program];
    const outcome = await keyring([...FLAGS, `--allow-run=${deno}`], args);
    assertEquals(outcome, { code: 0, out: "made-up ñ\n", err: "" });
    const refused = await keyring(FLAGS, args);
    assertStringIncludes(refused.err, `Add --allow-run=${deno} to the deno command`);
  } finally {
    await keyring(FLAGS, ["del", service, "alice"]);
  }
});

Deno.test("each command names the flag that it lacks on Windows", { ignore }, async () => {
  for (const args of [["get", "s", "u"], ["list"]]) {
    const { code, out, err } = await keyring(CHOICE_FLAGS, args);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, `Add ${FLAG} to the deno command`);
  }
});

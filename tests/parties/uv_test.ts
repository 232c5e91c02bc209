// @environment secret-service
// @needs tool:uv, python3
//
// uv, which asks `keyring get HOST USER` for a password, with our command as `keyring` on its PATH.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";
import { writeKeyringProgram } from "../fixtures/keyring_program.ts";
import { serveIndex, writePackage } from "../fixtures/package_index.ts";

const UV = Deno.env.get("KEYRING_TEST_UV");
const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1" || !UV;
const PASSWORD = "made-up";

async function uvInstall(
  folder: string,
  index: string,
  env: Record<string, string> = { UV_KEYRING_PROVIDER: "subprocess" },
): Promise<{ code: number; err: string }> {
  const args = ["pip", "install", "--no-cache", "--no-config", "--target", `${folder}/installed`];
  args.push("--python", "/usr/bin/python3", "--index-url", index, "os-keyring-sample");
  const { code, stderr } = await new Deno.Command(UV ?? "", {
    args,
    env: { PATH: `${folder}/bin:/usr/bin:/bin`, NO_COLOR: "1", UV_HTTP_RETRIES: "0", ...env },
  }).output();
  return { code, err: new TextDecoder().decode(stderr) };
}

Deno.test("uv installs with the password of our keyring, and not without", { ignore }, async () => {
  const folder = await Deno.makeTempDir({ prefix: "os-keyring-uv-" });
  await writePackage(folder);
  await using server = serveIndex(folder, "user", PASSWORD);
  await writeKeyringProgram(`${folder}/bin`);
  const { host } = server;
  const index = `http://user@${host}/simple`;
  await using keyring = new SecretServiceKeyring();
  try {
    const without = await uvInstall(folder, index);
    assertEquals(without.code, 1);
    assertStringIncludes(without.err, "401");
    await keyring.setPassword(host, "user", PASSWORD);
    assertEquals((await uvInstall(folder, index, {})).code, 1, "it asks without being told");
    const { code, err } = await uvInstall(folder, index);
    assertEquals(code, 0, err);
    await Deno.stat(`${folder}/installed/os_keyring_sample.py`);
  } finally {
    await keyring.deletePassword(host, "user").catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
});

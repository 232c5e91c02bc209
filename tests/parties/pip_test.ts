// @environment secret-service
// @needs tool:pip, python3
//
// pip, which asks `keyring get URL USER` for a password, with our command as `keyring` on its PATH.
// The rig fetches a pip that knows --keyring-provider and names it in KEYRING_TEST_PIP.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";
import { writeKeyringProgram } from "../fixtures/keyring_program.ts";
import { serveIndex, WHEEL, writePackage } from "../fixtures/package_index.ts";

const PIP = Deno.env.get("KEYRING_TEST_PIP");
const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1" || !PIP;
const PASSWORD = "made-up";

async function pipDownload(
  folder: string,
  index: string,
  env: Record<string, string> = { PIP_KEYRING_PROVIDER: "subprocess" },
): Promise<{ code: number; err: string }> {
  const target = `${folder}/downloaded`;
  const args = ["-m", "pip", "--no-input", "--disable-pip-version-check", "download", "--no-deps"];
  args.push("--no-cache-dir", "--retries", "0");
  args.push("--index-url", index, "--dest", target, "os-keyring-sample");
  const { code, stderr } = await new Deno.Command("/usr/bin/python3", {
    args,
    env: {
      PYTHONPATH: PIP ?? "",
      PATH: `${folder}/bin:/usr/bin:/bin`,
      PIP_CONFIG_FILE: "/dev/null",
      ...env,
    },
  }).output();
  return { code, err: new TextDecoder().decode(stderr) };
}

Deno.test(
  "pip downloads with the password of our keyring, and not without",
  { ignore },
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "os-keyring-pip-" });
    await writePackage(folder);
    await using server = serveIndex(folder, "user", PASSWORD);
    await writeKeyringProgram(`${folder}/bin`);
    const index = `http://user@${server.host}/simple`;
    // The host, as docs/python.md has it; pip asks for the whole URL first.
    const service = server.host;
    await using keyring = new SecretServiceKeyring();
    try {
      const without = await pipDownload(folder, index);
      assertEquals(without.code, 1);
      assertStringIncludes(without.err, "No matching distribution");
      await keyring.setPassword(service, "user", PASSWORD);
      const { code, err } = await pipDownload(folder, index);
      assertEquals(code, 0, err);
      const [file] = [...Deno.readDirSync(`${folder}/downloaded`)];
      assertEquals(file?.name, WHEEL);
      assertEquals((await pipDownload(folder, index, {})).code, 1, "it asks without being told");
    } finally {
      await keyring.deletePassword(service, "user").catch(() => {});
      await Deno.remove(folder, { recursive: true });
    }
  },
);

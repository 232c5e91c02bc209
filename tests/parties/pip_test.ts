// @environment secret-service
// @needs tool:pip, python3
//
// pip, which asks `keyring get URL USER` for a password, with our command as `keyring` on its PATH.
// The rig fetches a pip that knows --keyring-provider and names it in KEYRING_TEST_PIP.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { SecretServiceKeyring } from "../../src/backends/secret_service/backend.ts";
import { CHOICE_FLAGS } from "../fixtures/command.ts";

const PIP = Deno.env.get("KEYRING_TEST_PIP");
const ignore = Deno.env.get("KEYRING_TEST_SECRET_SERVICE") !== "1" || !PIP;
const CLI = decodeURIComponent(new URL("../../cli.ts", import.meta.url).pathname);
const CONFIG = decodeURIComponent(new URL("../../deno.json", import.meta.url).pathname);
const PASSWORD = "made-up";

/** A source package of one file; pip downloads it without building it. */
async function makePackage(folder: string): Promise<Uint8Array<ArrayBuffer>> {
  const root = `${folder}/os_keyring_sample-1.0`;
  await Deno.mkdir(root);
  const metadata = "Metadata-Version: 2.1\nName: os-keyring-sample\nVersion: 1.0\n";
  await Deno.writeTextFile(`${root}/PKG-INFO`, metadata);
  const name = "os_keyring_sample-1.0-py3-none-any.whl";
  const script = `
import sys, zipfile
info = "os_keyring_sample-1.0.dist-info/"
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("os_keyring_sample.py", "")
    wheel.writestr(info + "METADATA", open(sys.argv[2]).read())
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")
`;
  const { success } = await new Deno.Command("/usr/bin/python3", {
    args: ["-c", script, `${folder}/${name}`, `${root}/PKG-INFO`],
  }).output();
  assert(success);
  return await Deno.readFile(`${folder}/${name}`);
}

function serveIndex(wheel: Uint8Array<ArrayBuffer>): Deno.HttpServer<Deno.NetAddr> {
  const credentials = new TextEncoder().encode(`user:${PASSWORD}`);
  const expected = `Basic ${credentials.toBase64()}`;
  const file = "os_keyring_sample-1.0-py3-none-any.whl";
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (request.headers.get("authorization") !== expected) {
      return new Response("", { status: 401, headers: { "www-authenticate": "Basic" } });
    }
    if (request.url.endsWith(".whl")) return new Response(wheel);
    const html = `<a href="/files/${file}">${file}</a>`;
    return new Response(html, { headers: { "content-type": "text/html" } });
  });
}

async function pipDownload(folder: string, index: string): Promise<{ code: number; err: string }> {
  const target = `${folder}/downloaded`;
  const args = ["-m", "pip", "--no-input", "--disable-pip-version-check", "download", "--no-deps"];
  args.push("--no-cache-dir", "--retries", "0", "--keyring-provider", "subprocess");
  args.push("--index-url", index, "--dest", target, "os-keyring-sample");
  const { code, stderr } = await new Deno.Command("/usr/bin/python3", {
    args,
    env: {
      PYTHONPATH: PIP ?? "",
      PATH: `${folder}/bin:/usr/bin:/bin`,
      PIP_CONFIG_FILE: "/dev/null",
    },
  }).output();
  return { code, err: new TextDecoder().decode(stderr) };
}

async function makeCommand(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/bin`);
  const granted = ["--allow-run=/usr/bin/secret-tool", ...CHOICE_FLAGS].join(" ");
  const flags = `--no-prompt --quiet ${granted} --config '${CONFIG}'`;
  const script = `#!/bin/sh\nexec '${Deno.execPath()}' run ${flags} '${CLI}' "$@"\n`;
  await Deno.writeTextFile(`${folder}/bin/keyring`, script, { mode: 0o755 });
}

Deno.test(
  "pip downloads with the password of our keyring, and not without",
  { ignore },
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "os-keyring-pip-" });
    await using server = serveIndex(await makePackage(folder));
    await makeCommand(folder);
    const index = `http://user@127.0.0.1:${server.addr.port}/simple`;
    const service = `${index.replace("user@", "")}/`;
    await using keyring = new SecretServiceKeyring();
    try {
      const without = await pipDownload(folder, index);
      assertEquals(without.code, 1);
      assertStringIncludes(without.err, "No matching distribution");
      await keyring.setPassword(service, "user", PASSWORD);
      const { code, err } = await pipDownload(folder, index);
      assertEquals(code, 0, err);
      const [file] = [...Deno.readDirSync(`${folder}/downloaded`)];
      assertEquals(file?.name, "os_keyring_sample-1.0-py3-none-any.whl");
    } finally {
      await keyring.deletePassword(service, "user").catch(() => {});
      await Deno.remove(folder, { recursive: true });
    }
  },
);

// @environment linux
// @needs openssl
//
// The command on a Key Vault, in a process of its own, with the flags that the documentation gives.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CLIENT_ID, CLIENT_SECRET, TENANT } from "../../../dev/azure_emulator/tokens.ts";
import { keyring, type Outcome } from "../../fixtures/command.ts";
import { emulator, requests, test } from "./bench.ts";

const LOGIN = {
  AZURE_TENANT_ID: TENANT,
  AZURE_CLIENT_ID: CLIENT_ID,
  AZURE_CLIENT_SECRET: CLIENT_SECRET,
};
// Empty ones count as unset; a test in another file may set them in this process.
const NOTHING = {
  AZURE_AUTHORITY_HOST: "",
  AZURE_FEDERATED_TOKEN_FILE: "",
  AZURE_TOKEN_CREDENTIALS: "",
  IDENTITY_ENDPOINT: "",
  IDENTITY_HEADER: "",
  KEYRING_AZURE_CLOUD: "",
};
const HOSTS = "--allow-net=test.vault.azure.net:443,login.microsoftonline.com:443";
const FLAGS = [HOSTS, "--allow-env=KEYRING_*,AZURE_*,IDENTITY_*"];

function run(
  args: string[],
  stdin = "",
  env: Record<string, string> = {},
  flags = FLAGS,
): Promise<Outcome> {
  return keyring(flags, args, stdin, {
    ...NOTHING,
    ...emulator.environment,
    ...LOGIN,
    KEYRING_AZURE_VAULT: "test",
    KEYRING_BACKEND: "azure-key-vault",
    ...env,
  });
}

test("stores, prints, lists and deletes by the command", async (service) => {
  assertEquals(await run(["set", service, "alice"], "s3cret\n"), { code: 0, out: "", err: "" });
  const get = await run(["-b", "azure-key-vault", "get", service, "alice"], "", {
    KEYRING_BACKEND: "null",
  });
  assertEquals(get, { code: 0, out: "s3cret\n", err: "" });
  assertStringIncludes((await run(["list", service])).out, "alice");
  assertEquals((await run(["del", service, "alice"])).code, 0);
  assertEquals((await run(["get", service, "alice"])).code, 1);
  const again = await run(["set", service, "alice"], "new\n");
  assertEquals([again.code, again.out], [0, ""]);
  assertStringIncludes(again.err, 'keyring: the secret "kr-app-');
  assertStringIncludes(again.err, "had been deleted");
});

test("imports, exports and starts a program by the command", async (service) => {
  const lines = Array.from(
    { length: 30 },
    (_, index) => JSON.stringify({ service, username: `u${index}`, password: `s3cret ${index}` }),
  );
  const imported = await run(["import"], lines.join("\n"));
  assertEquals(imported.code, 0, imported.err);
  const { code, out } = await run(["export", service]);
  assertEquals([code, out.trim().split("\n").length], [0, 30]);
  const file = await Deno.makeTempFile();
  try {
    const names = Array.from({ length: 20 }, (_, index) => `u${index}`);
    await Deno.writeTextFile(
      file,
      names.map((name) => `${name}=keyring://${service}/${name}\n`).join(""),
    );
    emulator.asked.length = 0;
    const words = ["run", "--env-file", file, "--", "/bin/sh", "-c", 'echo "$u0, $u7, $u19"'];
    const flags = [HOSTS, "--allow-env", `--allow-read=${file}`, "--allow-run"];
    const { out, err } = await run(words, "", {}, flags);
    assertEquals([out, err], ["s3cret 0, s3cret 7, s3cret 19\n", ""]);
    assertEquals(requests().filter((request) => request.startsWith("POST")).length, 1);
    assertEquals(emulator.asked.length, 21);
  } finally {
    await Deno.remove(file);
  }
});

test("says in diagnose who is logged in and what may be done", async () => {
  const line = async (env: Record<string, string> = {}, flags = FLAGS) => {
    const { out } = await run(["diagnose"], "", env, flags);
    return out.split("\n").find((line) => line.startsWith("  azure-key-vault")) ?? out;
  };
  const all = await line();
  assertStringIncludes(all, " viable: https://test.vault.azure.net; ");
  assertStringIncludes(all, `logged in by the client secret as application`);
  assertStringIncludes(all, `${CLIENT_ID} (tenant ${TENANT}); may list, may read all secrets`);
  assert(!requests().some((request) => /^(PUT|DELETE|POST \/deleted)/.test(request)));
  emulator.interrupt = ({ url }) =>
    url.pathname.startsWith("/secrets/") ? { status: 403, body: {} } : undefined;
  assertStringIncludes(await line(), "; may list, may not read all secrets");
  emulator.interrupt = () => ({ status: 200, body: "<html>" });
  assertStringIncludes(await line(), "not viable: what answers at https://test.vault");
  emulator.interrupt = () => undefined;
  assertStringIncludes(await line({ AZURE_CLIENT_SECRET: "wrong" }), "was refused: AADSTS7000215");
  assertStringIncludes(await line({ KEYRING_AZURE_VAULT: "" }), "no Key Vault is configured");
  assertStringIncludes(
    await line({}, FLAGS.slice(1)),
    "not viable, needs --allow-net=test.vault.azure.net:443: a Deno permission",
  );
  assertStringIncludes(
    await line({ AZURE_CLIENT_SECRET: "" }),
    "needs --allow-run=az: a Deno permission is missing",
  );
});

test("names what is missing in one line", async (service) => {
  const cases: [Record<string, string>, string][] = [
    [{ KEYRING_AZURE_VAULT: "" }, "Set KEYRING_AZURE_VAULT"],
    [{ KEYRING_AZURE_VAULT: "https://evil.example.com" }, "is not a Key Vault of AzureCloud"],
    [{ AZURE_CLIENT_SECRET: "wrong" }, "AADSTS7000215: Invalid client secret provided"],
    [{ AZURE_TENANT_ID: "" }, "Set AZURE_TENANT_ID"],
    [{ AZURE_CLIENT_SECRET: "" }, "Add --allow-run=az to the deno command"],
    [
      {
        AZURE_CLIENT_SECRET: "",
        IDENTITY_ENDPOINT: "http://127.0.0.1:9/msi/token",
        IDENTITY_HEADER: "h3ader",
      },
      "Add --allow-net=127.0.0.1:9 to the deno command",
    ],
  ];
  for (const [env, reason] of cases) {
    const { code, out, err } = await run(["get", service, "alice"], "", env);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, reason);
    // The line that installs the command with a missing permission is another one.
    const [, ...more] = err.trim().split("\n");
    assert(more.every((line) => line.startsWith("To install the command with it ")), err);
  }
});

test("is read before another keyring in a chain", async (service) => {
  const env = { KEYRING_BACKEND: "chain", KEYRING_CHAIN: "azure-key-vault,fail" };
  assertEquals((await run(["set", service, "alice"], "s3cret", env)).code, 0);
  assertEquals((await run(["get", service, "alice"], "", env)).out, "s3cret\n");
  emulator.interrupt = ({ url }) =>
    url.pathname.startsWith("/secrets/") ? { status: 403, body: {} } : undefined;
  const { code, err } = await run(["get", service, "alice"], "", env);
  assertEquals(code, 1);
  assertStringIncludes(err, "it lacks Microsoft.KeyVault/vaults/secrets/getSecret/action");
});

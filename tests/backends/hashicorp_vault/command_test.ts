// @environment openbao
//
// The command on a server, in a process of its own, with the flags that the documentation gives.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { keyring, type Outcome } from "../../fixtures/command.ts";
import { ADDRESS, api, BAO, newMount, newToken } from "./openbao.ts";

const ignore = BAO === undefined;

interface Bench {
  mount: string;
  run(args: string[], stdin?: string, env?: Record<string, string>): Promise<Outcome>;
}

function test(name: string, work: (bench: Bench) => Promise<void>): void {
  Deno.test(`keyring -b openbao ${name}`, { ignore }, async () => {
    const mount = await newMount();
    const flags = [`--allow-net=${new URL(ADDRESS).host}`, "--allow-env=KEYRING_*,VAULT_*,BAO_*"];
    const run = (args: string[], stdin = "", env: Record<string, string> = {}) =>
      keyring(flags, args, stdin, {
        KEYRING_BACKEND: "openbao",
        KEYRING_VAULT_MOUNT: mount,
        ...env,
      });
    try {
      await work({ mount, run });
    } finally {
      await api(`DELETE sys/mounts/${mount}`);
    }
  });
}

test("stores, prints, lists and deletes", async ({ mount, run }) => {
  assertEquals(await run(["set", "my_app", "alice"], "s3cret\n"), { code: 0, out: "", err: "" });
  assertEquals((await run(["get", "my_app", "alice"])).out, "s3cret\n");
  const { data } = await api(`GET ${mount}/data/my_app/alice`);
  assertEquals(data.data, { password: "s3cret" });
  for (const name of ["hashicorp-vault", "openbao"]) {
    const { out } = await run(["-b", name, "list", "my_app"], "", { KEYRING_BACKEND: "null" });
    assertStringIncludes(out, "alice");
  }
  assertEquals((await run(["del", "my_app", "alice"])).code, 0);
  const { code, err } = await run(["del", "my_app", "alice"]);
  assertEquals(code, 1);
  assertStringIncludes(err, "its latest version was deleted at");
  assertStringIncludes(err, `bao kv undelete -mount=${mount}`);
  assertEquals((await run(["get", "my_app", "alice"])).code, 1);
});

test("imports and exports many entries", async ({ run }) => {
  const lines = Array.from({ length: 60 }, (_, index) => {
    const [service, username] = [`app-${index % 30}`, `user ${index}`];
    return JSON.stringify({ service, username, password: `s3cret ${index}` });
  });
  const imported = await run(["import"], lines.join("\n"));
  assertEquals(imported.code, 0, imported.err);
  assertStringIncludes(imported.out + imported.err, "60");
  const again = await run(["import"], lines.join("\n"));
  assertEquals(again.code, 1);
  assertStringIncludes(again.err, "already exists");
  const { code, out } = await run(["export"]);
  assertEquals(code, 0);
  const exported = out.trim().split("\n").map((line) => JSON.parse(line).password).sort();
  assertEquals(exported, lines.map((line) => JSON.parse(line).password).sort());
});

test("starts a program with many passwords", async ({ mount }) => {
  const names = Array.from({ length: 20 }, (_, index) => `u${index}`);
  for (const name of names) {
    await api(`POST ${mount}/data/my_app/${name}`, { data: { password: name } });
  }
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(
      file,
      names.map((name) => `${name}=keyring://my_app/${name}\n`).join(""),
    );
    const host = new URL(ADDRESS).host;
    const flags = [`--allow-net=${host}`, "--allow-env", `--allow-read=${file}`, "--allow-run"];
    const words = ["run", "--env-file", file, "--", "/bin/sh", "-c", 'echo "$u0 $u7 $u19"'];
    const { out, err } = await keyring(flags, words, "", {
      KEYRING_BACKEND: "openbao",
      KEYRING_VAULT_MOUNT: mount,
    });
    assertEquals([out, err], ["u0 u7 u19\n", ""]);
  } finally {
    await Deno.remove(file);
  }
});

test("says in diagnose who is logged in and what may be done", async ({ mount, run }) => {
  const line = async (env: Record<string, string> = {}) => {
    const { out } = await run(["diagnose"], "", env);
    return out.split("\n").find((line) => line.includes("HashiCorp Vault  ")) ?? out;
  };
  const root = await line();
  assertStringIncludes(root, ` viable: ${ADDRESS}, version 2.`);
  assertStringIncludes(root, "logged in as token (policies root); may do everything");
  const policy = `path "${mount}/data/my_app/*" { capabilities = ["read"] }`;
  const reader = await line({ VAULT_TOKEN: await newToken(policy) });
  assertStringIncludes(reader, `may read ${mount}/data/my_app/*`);
  const nobody = await line({
    VAULT_TOKEN: await newToken(`path "sys/nothing" { capabilities = ["read"] }`),
  });
  assertStringIncludes(nobody, `may do nothing below ${mount}/`);
  const expired = await line({ VAULT_TOKEN: "nonsense" });
  assertStringIncludes(expired, "not viable: the Vault token has expired or was revoked");
  const role = await line({ KEYRING_VAULT_ROLE_ID: "r", KEYRING_VAULT_SECRET_ID: "s" });
  assertStringIncludes(role, "logs in by AppRole at the first call");
  const gone = await line({ VAULT_ADDR: "http://127.0.0.1:9" });
  assertStringIncludes(gone, "not viable, needs --allow-net=127.0.0.1:9: a Deno permission");
  assert(![root, reader, nobody, expired, role, gone].some((line) => line.includes("\u001b")));
});

test("names what is missing in one line", async ({ run }) => {
  const cases: [Record<string, string>, string][] = [
    [{ VAULT_TOKEN: "nonsense" }, "expired or was revoked. Log in again"],
    [{ KEYRING_VAULT_MOUNT: "nowhere" }, "KEYRING_VAULT_MOUNT"],
    [{ KEYRING_VAULT_PATH: "{service}" }, "must have {username} once"],
    [{ VAULT_ADDR: "http://vault.example.com" }, "unencrypted"],
  ];
  for (const [env, reason] of cases) {
    const { code, out, err } = await run(["get", "my_app", "alice"], "", env);
    assertEquals([code, out], [1, ""]);
    assertStringIncludes(err, reason);
    assertEquals(err.trim().split("\n").length, 1, err);
  }
});

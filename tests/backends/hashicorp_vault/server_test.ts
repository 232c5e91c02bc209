// @environment openbao
//
// What other programs keep in the same secrets, and what an administrator allows.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { HashiCorpVaultKeyring, type HashiCorpVaultOptions } from "../../../backends.ts";
import { InitError, KeyringError, KeyringLockedError, PasswordDeleteError } from "../../../mod.ts";
import { api, BAO, newMount, newToken } from "./openbao.ts";

const ignore = BAO === undefined;

interface Bench {
  mount: string;
  keyring: HashiCorpVaultKeyring;
  /** Another program's view of the secret of alice. */
  fields(): Promise<Record<string, unknown>>;
  store(data: Record<string, unknown>): Promise<unknown>;
  other(options: HashiCorpVaultOptions): HashiCorpVaultKeyring;
}

function test(name: string, run: (bench: Bench) => Promise<void>): void {
  Deno.test(`HashiCorpVaultKeyring ${name}`, { ignore }, async () => {
    const mount = await newMount();
    const others = new AsyncDisposableStack();
    const other = (options: HashiCorpVaultOptions) =>
      others.use(new HashiCorpVaultKeyring({ mount, ...options }));
    const keyring = other({});
    const fields = async () => (await api(`GET ${mount}/data/my_app/alice`)).data?.data;
    const store = (data: Record<string, unknown>) =>
      api(`POST ${mount}/data/my_app/alice`, { data });
    try {
      await run({ mount, keyring, fields, store, other });
    } finally {
      await others.disposeAsync();
      await api(`DELETE sys/mounts/${mount}`);
    }
  });
}

test("keeps the other fields of a secret", async ({ keyring, fields, store }) => {
  const others = { url: "https://db", nested: { a: [1, null, 1.5] }, "": "e", on: true };
  await store(others);
  await keyring.setPassword("my_app", "alice", "one");
  await keyring.setPassword("my_app", "alice", "two");
  assertEquals(await fields(), { ...others, password: "two" });
  await keyring.deletePassword("my_app", "alice");
  assertEquals(await fields(), others);
  assertEquals(await keyring.getPassword("my_app", "alice"), null);
  await assertRejects(() => keyring.deletePassword("my_app", "alice"), PasswordDeleteError);
  assertEquals(await fields(), others);
});

test("deletes the path only when nothing is left, and so that it can come back", async (bench) => {
  const { mount, keyring, fields } = bench;
  await keyring.setPassword("my_app", "alice", "one");
  await keyring.deletePassword("my_app", "alice");
  assertEquals(await fields(), null);
  assertEquals(await keyring.list(), []);
  const error = await assertRejects(
    () => keyring.deletePassword("my_app", "alice"),
    PasswordDeleteError,
  );
  assert(error.message.includes("was deleted at"), error.message);
  await api(`POST ${mount}/undelete/my_app/alice`, { versions: [1] });
  assertEquals((await api(`GET ${mount}/data/my_app/alice?version=1`)).data.data.password, "one");
  await keyring.setPassword("my_app", "alice", "again");
  assertEquals(await keyring.getPassword("my_app", "alice"), "again");
});

test("takes a soft-deleted or destroyed secret for none, and writes over it", async (bench) => {
  const { mount, keyring, store } = bench;
  await store({ password: "old", other: 1 });
  await api(`DELETE ${mount}/data/my_app/alice`);
  assertEquals(await keyring.getPassword("my_app", "alice"), null);
  assertEquals(await keyring.list(), []);
  await keyring.setPassword("my_app", "alice", "new");
  assertEquals(await keyring.getPassword("my_app", "alice"), "new");
  const { data: { current_version } } = await api(`GET ${mount}/metadata/my_app/alice`);
  await api(`POST ${mount}/destroy/my_app/alice`, { versions: [current_version] });
  assertEquals(await keyring.getPassword("my_app", "alice"), null);
  assertEquals(await keyring.list(), []);
  const error = await assertRejects(() => keyring.deletePassword("my_app", "alice"), KeyringError);
  assert(error.message.includes("destroyed"), error.message);
  await keyring.setPassword("my_app", "alice", "newer");
  assertEquals(await keyring.getPassword("my_app", "alice"), "newer");
  await api(`DELETE ${mount}/metadata/my_app/alice`);
  assertEquals(await keyring.getPassword("my_app", "alice"), null);
});

test("works where the engine demands check-and-set", async ({ mount, keyring }) => {
  await api(`POST ${mount}/config`, { cas_required: true });
  await keyring.setPassword("my_app", "alice", "one");
  await keyring.setPassword("my_app", "alice", "two");
  assertEquals(await keyring.getPassword("my_app", "alice"), "two");
  await keyring.deletePassword("my_app", "alice");
  assertEquals(await keyring.getPassword("my_app", "alice"), null);
});

test("loses no field when several write the same secret", async ({ fields, other }) => {
  const path = "{service}/alice#{username}";
  const keyrings = Array.from({ length: 4 }, () => other({ path }));
  await Promise.all(
    keyrings.flatMap((keyring, index) =>
      Array.from({ length: 5 }, async (_, at) => {
        await keyring.setPassword("my_app", `u${index}-${at}`, "x");
      })
    ),
  );
  assertEquals(Object.keys(await fields()).length, 20);
  await Promise.all(
    keyrings.flatMap((keyring, index) =>
      Array.from({ length: 5 }, (_, at) => keyring.deletePassword("my_app", `u${index}-${at}`))
    ),
  );
  assertEquals(await fields(), null);
});

test("replaces at once with others, and both succeed in some order", async ({ keyring, other }) => {
  const second = other({});
  await keyring.setPassword("my_app", "alice", "zero");
  for (let round = 0; round < 10; round++) {
    await Promise.all([
      keyring.setPassword("my_app", "alice", "one"),
      second.setPassword("my_app", "alice", "two"),
    ]);
    assert(["one", "two"].includes(await keyring.getPassword("my_app", "alice") ?? ""));
  }
});

test("reads fields that are there already, and names what is not text", async (bench) => {
  const { keyring, store, other } = bench;
  await store({ password: 5432, "on": true, nested: { a: 1 } });
  assertEquals(await keyring.getPassword("my_app", "alice"), "5432");
  const fields = other({ path: "{service}/alice#{username}" });
  assertEquals(await fields.getPassword("my_app", "on"), "true");
  await assertRejects(() => fields.getPassword("my_app", "nested"), KeyringError, "is not text");
  assertEquals(await fields.getPassword("my_app", "toString"), null);
  const names = (await fields.list()).map(({ username }) => username);
  assertEquals(names, ["nested", "on", "password"]);
});

test("lists what is ours, with the time of the last write", async ({ mount, keyring }) => {
  await keyring.setPassword("my_app", "alice", "s3cret");
  await keyring.setPassword("https://npm.example.com/team", "", "s3cret");
  for (const path of ["top", "my_app/not%20ours", "my_app/sub/deeper", "~zz/alice"]) {
    await api(`POST ${mount}/data/${path}`, { data: { password: "x" } });
  }
  const entries = await keyring.list();
  assertEquals(entries.map(({ service, username }) => [service, username]), [
    ["https://npm.example.com/team", ""],
    ["my_app", "alice"],
  ]);
  assert(entries.every(({ modified }) => Date.now() - (modified?.getTime() ?? 0) < 60_000));
});

test("refuses an engine of version 1 before it stores anything", async ({ other }) => {
  const mount = await newMount({ version: "1" });
  const keyring = other({ mount });
  await assertRejects(() => keyring.setPassword("my_app", "alice", "x"), InitError, "version 2");
  assertEquals((await api(`LIST ${mount}/`)).data?.keys ?? [], []);
  await api(`POST ${mount}/data/my_app/alice`, { password: "x" });
  await assertRejects(() => keyring.getPassword("my_app", "alice"), InitError, "version 2");
  await api(`DELETE sys/mounts/${mount}`);
  const missing = other({ mount: "nowhere" });
  await assertRejects(() => missing.getPassword("my_app", "alice"), InitError, '"nowhere"');
  await assertRejects(() => missing.setPassword("my_app", "alice", "x"), KeyringError, "nowhere");
  await assertRejects(() => missing.list(), InitError, '"nowhere"');
});

test("keeps to its namespace", async ({ other }) => {
  const namespace = `team-${Deno.pid}`;
  await api(`POST sys/namespaces/${namespace}`);
  const mount = await newMount({ access: { namespace } });
  const keyring = other({ mount, namespace });
  await keyring.setPassword("my_app", "alice", "s3cret");
  assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
  await assertRejects(() => other({ mount }).getPassword("my_app", "alice"), InitError);
  const nowhere = other({ mount, namespace: "nowhere" });
  await assertRejects(() => nowhere.getPassword("my_app", "alice"), InitError, "namespace");
});

/** The policies of docs/fleet.md. */
async function documentedPolicy(title: string, mount: string): Promise<string> {
  const text = await Deno.readTextFile(new URL("../../../docs/fleet.md", import.meta.url));
  const [, hcl = ""] = new RegExp(`# ${title}\\n([^]*?)\`\`\``).exec(text) ?? [];
  assert(hcl.includes('path "secret/'), title);
  return hcl.replaceAll('"secret/', `"${mount}/`);
}

test("reads one service with the least policy, and says what it lacks for more", async (bench) => {
  const { mount, keyring, other } = bench;
  await keyring.setPassword("my_app", "alice", "s3cret");
  await keyring.setPassword("other_app", "alice", "s3cret");
  const token = await newToken(await documentedPolicy("Read one service", mount));
  const reader = other({ login: { token } });
  assertEquals(await reader.getPassword("my_app", "alice"), "s3cret");
  assertEquals((await reader.list({ service: "my_app" })).length, 1);
  assertEquals(await reader.getPassword("my_app", "nobody"), null);
  const calls: [string, () => Promise<unknown>][] = [
    [
      `path "${mount}/data/other_app/alice" { capabilities = ["read"] }`,
      () => reader.getPassword("other_app", "alice"),
    ],
    [
      `path "${mount}/data/my_app/alice" { capabilities = ["create", "update"] }`,
      () => reader.setPassword("my_app", "alice", "new"),
    ],
    [`path "${mount}/metadata/" { capabilities = ["list"] }`, () => reader.list()],
  ];
  for (const [advice, call] of calls) {
    const error = await assertRejects(call, KeyringError);
    assert(error.message.includes("policies of the Vault token do not allow"), error.message);
    assert(error.advice?.endsWith(advice), error.advice);
    // The advice leads on.
    const more = await documentedPolicy("Read one service", mount) + `\n${advice}`;
    assert(await newToken(more));
  }
});

test("stores and deletes with the policy that says so", async ({ mount, other }) => {
  const token = await newToken(await documentedPolicy("Manage one service", mount));
  const writer = other({ login: { token } });
  await writer.setPassword("my_app", "alice", "one");
  await writer.setPassword("my_app", "alice", "two");
  assertEquals(await writer.getPassword("my_app", "alice"), "two");
  assertEquals(await writer.hasEach?.([{ service: "my_app", username: "alice" }]), [true]);
  await writer.deletePassword("my_app", "alice");
  assertEquals(await writer.list({ service: "my_app" }), []);
  await assertRejects(() => writer.setPassword("other_app", "alice", "x"), KeyringError, "allow");
});

test("knows which of many entries there are, under every template", async ({ mount, other }) => {
  for (
    const path of ["{service}/{username}", "f/{service}#{username}", "g h/{+service}/{username}"]
  ) {
    const keyring = other({ path });
    // Few services are looked into; of many, those that the folder lists.
    for (const count of [3, 30]) {
      const names = Array.from({ length: count }, (_, index) => {
        return { service: `${count}/app ${index}`, username: `u@${index}` };
      });
      const stored = names.filter((_, index) => index % 3 === 0);
      for (const { service, username } of stored) await keyring.setPassword(service, username, "x");
      const expected = names.map((name) => stored.includes(name));
      assertEquals(await keyring.hasEach?.(names), expected, path);
      await keyring.deletePassword(`${count}/app 0`, "u@0");
      assertEquals(await keyring.hasEach?.(names), [false, ...expected.slice(1)], path);
    }
  }
  // Where the folder above may not be listed.
  const token = await newToken(`path "${mount}/metadata/+/*" { capabilities = ["list", "read"] }`);
  const names = Array.from({ length: 30 }, (_, index) => {
    return { service: `30/app ${index}`, username: `u@${index}` };
  });
  const found = await other({ login: { token } }).hasEach?.(names);
  assertEquals(found?.filter(Boolean).length, 9);
});

test("lists with a policy that shows names and nothing of them", async ({ mount, keyring, other }) => {
  await keyring.setPassword("my_app", "alice", "s3cret");
  const token = await newToken(`path "${mount}/metadata/my_app/" { capabilities = ["list"] }`);
  const lister = other({ login: { token } });
  assertEquals(await lister.list({ service: "my_app" }), [{
    service: "my_app",
    username: "alice",
  }]);
});

test("tells an expired token from a forbidden path, also without the default policy", async (bench) => {
  const { mount, keyring, other } = bench;
  await keyring.setPassword("my_app", "alice", "s3cret");
  const policy = `path "${mount}/data/my_app/*" { capabilities = ["read"] }`;
  const token = await newToken(policy, { no_default_policy: true });
  const reader = other({ login: { token } });
  assertEquals(await reader.getPassword("my_app", "alice"), "s3cret");
  const forbidden = await assertRejects(() => reader.getPassword("x", "alice"), KeyringError);
  assert(forbidden.message.includes("do not allow"), forbidden.message);
  await api("POST auth/token/revoke", { token });
  const expired = await assertRejects(() => reader.getPassword("my_app", "alice"), KeyringError);
  assertInstanceOf(expired, KeyringLockedError);
  assert(expired.message.includes("expired or was revoked"), expired.message);
});

test("logs in by AppRole, and again when the token has expired", async ({ mount, keyring, other }) => {
  await keyring.setPassword("my_app", "alice", "s3cret");
  const name = `approle-${Deno.pid}`;
  await api(`POST sys/auth/${name}`, { type: "approle" });
  const policy = `path "${mount}/data/my_app/*" { capabilities = ["read"] }`;
  await api(`PUT sys/policies/acl/${name}`, { policy });
  await api(`POST auth/${name}/role/r`, { token_policies: name, token_ttl: "3s" });
  const { data: { role_id: roleId } } = await api(`GET auth/${name}/role/r/role-id`);
  const { data: { secret_id: secretId } } = await api(`POST auth/${name}/role/r/secret-id`);
  const reader = other({ login: { roleId, secretId, mount: name } });
  assertEquals(await reader.getPassword("my_app", "alice"), "s3cret");
  await new Promise((resolve) => setTimeout(resolve, 3_500));
  assertEquals(await reader.getPassword("my_app", "alice"), "s3cret");
  const wrong = other({ login: { roleId, secretId: "nonsense", mount: name } });
  await assertRejects(() => wrong.getPassword("my_app", "alice"), KeyringLockedError, "AppRole");
  const nowhere = other({ login: { roleId, secretId, mount: "nowhere" } });
  const error = await assertRejects(() => nowhere.getPassword("a", "b"), KeyringLockedError);
  assert(error.advice?.includes("KEYRING_VAULT_AUTH_MOUNT"));
});

test("logs in by a JWT that a CI system signed", async ({ mount, keyring, other }) => {
  await keyring.setPassword("my_app", "alice", "s3cret");
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const pem = `-----BEGIN PUBLIC KEY-----\n${spki.toBase64()}\n-----END PUBLIC KEY-----`;
  const name = `jwt-${Deno.pid}`;
  await api(`POST sys/auth/${name}`, { type: "jwt" });
  await api(`POST auth/${name}/config`, { jwt_validation_pubkeys: [pem] });
  const policy = `path "${mount}/data/my_app/*" { capabilities = ["read"] }`;
  await api(`PUT sys/policies/acl/${name}`, { policy });
  await api(`POST auth/${name}/role/ci`, {
    role_type: "jwt",
    user_claim: "sub",
    bound_audiences: ["keyring"],
    token_policies: name,
  });
  const sign = async (seconds: number) => {
    const encode = (value: unknown) =>
      new TextEncoder().encode(JSON.stringify(value)).toBase64({
        alphabet: "base64url",
        omitPadding: true,
      });
    const now = Math.floor(Date.now() / 1000);
    const claims = { sub: "repo", aud: "keyring", iat: now, nbf: now - 60, exp: now + seconds };
    const input = `${encode({ alg: "ES256", typ: "JWT" })}.${encode(claims)}`;
    const algorithm = { name: "ECDSA", hash: "SHA-256" };
    const bytes = new TextEncoder().encode(input);
    const signature = new Uint8Array(await crypto.subtle.sign(algorithm, keys.privateKey, bytes));
    return `${input}.${signature.toBase64({ alphabet: "base64url", omitPadding: true })}`;
  };
  const reader = other({ login: { role: "ci", jwt: () => sign(300), mount: name } });
  assertEquals(await reader.getPassword("my_app", "alice"), "s3cret");
  const late = other({ login: { role: "ci", jwt: () => sign(-300), mount: name } });
  await assertRejects(() => late.getPassword("my_app", "alice"), KeyringLockedError, "JWT");
});

test("waits where the rate of requests is limited", async ({ mount, keyring }) => {
  await keyring.setPassword("my_app", "alice", "s3cret");
  await api(`POST sys/quotas/rate-limit/${mount}`, { rate: 2, path: `${mount}/` });
  try {
    for (let read = 0; read < 5; read++) {
      assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
    }
  } finally {
    await api(`DELETE sys/quotas/rate-limit/${mount}`);
  }
});

test("keeps a secret in memory only when asked to, and not past its own write", async (bench) => {
  const { keyring, store, other } = bench;
  const cached = other({ cacheSeconds: 3 });
  await cached.setPassword("my_app", "alice", "one");
  assertEquals(await cached.getPassword("my_app", "alice"), "one");
  await store({ password: "two" });
  assertEquals(await keyring.getPassword("my_app", "alice"), "two");
  assertEquals(await cached.getPassword("my_app", "alice"), "one");
  const bytes = await cached.getSecret("my_app", "alice");
  bytes?.fill(0);
  assertEquals(await cached.getPassword("my_app", "alice"), "one");
  await new Promise((resolve) => setTimeout(resolve, 3_100));
  assertEquals(await cached.getPassword("my_app", "alice"), "two");
  await cached.setPassword("my_app", "alice", "three");
  assertEquals(await cached.getPassword("my_app", "alice"), "three");
  await cached.deletePassword("my_app", "alice");
  assertEquals(await cached.getPassword("my_app", "alice"), null);
});

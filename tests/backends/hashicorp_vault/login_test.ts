// Only here are variables of Vault set: other files run in the same process.
//
// Where the token comes from, how often, and where it never goes.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { HashiCorpVaultKeyring, type HashiCorpVaultOptions } from "../../../backends.ts";
import {
  KeyringError,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringUnavailableError,
  NoKeyringError,
} from "../../../mod.ts";
import { runScript } from "../../fixtures/command.ts";
import { Variables } from "../../support/variables.ts";
import { type Asked, FakeVault, type Reply, secretReply } from "./fake_vault.ts";

const GET = "GET secret/data/my_app/alice";
const LOOKUP = "GET auth/token/lookup-self";
const APP_ROLE = "POST auth/approle/login";
const ALICE = secretReply({ password: "s3cret" });
const INVALID = { status: 403, body: { errors: ["permission denied"] } };
const NO_VARIABLES = Object.fromEntries(
  ["ADDR", "AGENT_ADDR", "TOKEN", "TOKEN_PATH", "NAMESPACE", "CACERT"]
    .flatMap((name) => [`BAO_${name}`, `VAULT_${name}`])
    .map((name) => [name, undefined]),
);

/** A server whose tokens are those that it gave last, and `valid` ones. */
function issuing(valid: string[] = []): FakeVault {
  let logins = 0;
  return new FakeVault(({ what, token }: Asked): Reply => {
    if (what.endsWith("/login")) {
      valid.push(`token-${++logins}`);
      return { body: { auth: { client_token: `token-${logins}` } } };
    }
    if (!valid.includes(token ?? "")) return INVALID;
    return what === LOOKUP ? { body: { data: {} } } : ALICE;
  });
}

function count(vault: FakeVault, what: string): number {
  return vault.requests.filter((request) => request === what).length;
}

function withRole(vault: FakeVault, more: HashiCorpVaultOptions = {}): HashiCorpVaultKeyring {
  const login = { roleId: "r0le", secretId: "s3cret-id" };
  return new HashiCorpVaultKeyring({ address: vault.address, login, ...more });
}

Deno.test("twenty calls at once make one login, and at most eight requests at a time", async () => {
  let [now, most] = [0, 0];
  const { promise: isFull, resolve: full } = Promise.withResolvers<void>();
  await using vault = new FakeVault(async ({ what }) => {
    most = Math.max(most, ++now);
    // The first ones are answered once there are eight, and a ninth would have come.
    if (now === 8) setTimeout(full, 50);
    if (what !== APP_ROLE) await isFull;
    now--;
    return what === APP_ROLE ? { body: { auth: { client_token: "t" } } } : ALICE;
  });
  await using keyring = withRole(vault);
  const calls = Array.from({ length: 20 }, () => keyring.getPassword("my_app", "alice"));
  assertEquals(new Set(await Promise.all(calls)), new Set(["s3cret"]));
  assertEquals([count(vault, APP_ROLE), count(vault, GET)], [1, 20]);
  assertEquals(most, 8);
  const [login] = vault.asked;
  assertEquals([login?.token, login?.body], [null, '{"role_id":"r0le","secret_id":"s3cret-id"}']);
});

Deno.test("an expired token is renewed once, for all calls that met it", async () => {
  const valid: string[] = [];
  await using vault = issuing(valid);
  await using keyring = withRole(vault);
  assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
  valid.length = 0;
  const calls = Array.from({ length: 20 }, () => keyring.getPassword("my_app", "alice"));
  await Promise.all(calls);
  assertEquals(count(vault, APP_ROLE), 2);
  // And not again within 30 seconds.
  valid.length = 0;
  for (let time = 0; time < 3; time++) {
    await assertRejects(
      () => keyring.getPassword("my_app", "alice"),
      KeyringLockedError,
      "expired",
    );
  }
  assertEquals(count(vault, APP_ROLE), 2);
});

Deno.test("a call that gives up takes no other call's login along", async () => {
  const { promise: mayLogIn, resolve: go } = Promise.withResolvers<void>();
  await using vault = new FakeVault(async ({ what }) => {
    if (what !== APP_ROLE) return ALICE;
    await mayLogIn;
    return { body: { auth: { client_token: "t" } } };
  });
  await using keyring = withRole(vault);
  const aborter = new AbortController();
  const first = keyring.getPassword("my_app", "alice", { signal: aborter.signal });
  const second = keyring.getPassword("my_app", "alice");
  await new Promise((resolve) => setTimeout(resolve, 20));
  aborter.abort(new Error("enough"));
  assertEquals((await first.catch((error) => error)).message, "enough");
  go();
  assertEquals(await second, "s3cret");
});

Deno.test("a refused login says what to look at, and not what was sent", async () => {
  await using vault = new FakeVault(() => ({
    status: 400,
    body: { errors: ["invalid role or secret ID s3cret-id"] },
  }));
  await using keyring = withRole(vault);
  const error = await assertRejects(
    () => keyring.getPassword("my_app", "alice"),
    KeyringLockedError,
  );
  assert(error.message.includes('refused the AppRole login at "auth/approle"'), error.message);
  assert(error.message.includes("secret ID"));
  assert(!Deno.inspect(error).includes("s3cret-id"));
});

Deno.test("a JWT is fetched when it is needed, and goes to where its method is mounted", async () => {
  await using vault = issuing();
  const login = { role: "ci", jwt: () => Promise.resolve("ey.j.wt"), mount: "kubernetes/prod" };
  await using keyring = new HashiCorpVaultKeyring({
    address: `${vault.address}/`,
    login,
    namespace: "team é",
  });
  assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
  const [asked] = vault.asked;
  assertEquals(asked?.what, "POST auth/kubernetes/prod/login");
  assertEquals(asked?.body, '{"role":"ci","jwt":"ey.j.wt"}');
  assertEquals(vault.asked.map(({ namespace }) => namespace), ["team%20%C3%A9", "team%20%C3%A9"]);
});

Deno.test("the environment is read as bao reads it, and ours for what it has not", async () => {
  await using vault = issuing(["from-bao", "from-vault", "from-file"]);
  const file = await Deno.makeTempFile();
  const empty = await Deno.makeTempFile();
  const last = () => vault.asked.at(-1)?.token;
  const get = async (variables: Record<string, string | undefined>) => {
    using _ = new Variables({
      ...NO_VARIABLES,
      VAULT_TOKEN_PATH: empty,
      VAULT_ADDR: vault.address,
      ...variables,
    });
    await using keyring = new HashiCorpVaultKeyring();
    return await keyring.getPassword("my_app", "alice");
  };
  try {
    await get({ VAULT_TOKEN: "from-vault" });
    assertEquals(last(), "from-vault");
    await get({ VAULT_TOKEN: "from-vault", BAO_TOKEN: "from-bao" });
    assertEquals(last(), "from-bao");
    await Deno.writeTextFile(file, "from-file\n");
    await get({ VAULT_TOKEN_PATH: file });
    assertEquals(last(), "from-file");
    await Deno.writeTextFile(file, "s3cret-id\n");
    await get({ KEYRING_VAULT_ROLE_ID: "r", KEYRING_VAULT_SECRET_ID_FILE: file, VAULT_TOKEN: "x" });
    assertEquals(last(), "token-1");
    await get({ KEYRING_VAULT_ROLE: "ci", KEYRING_VAULT_JWT_FILE: file });
    assertEquals(last(), "token-2");
    const error = await assertRejects(() => get({}), KeyringLockedError);
    assert(error.advice?.includes("bao login"));
    await assertRejects(() => get({ VAULT_ADDR: undefined }), NoKeyringError, "Set VAULT_ADDR");
  } finally {
    await Deno.remove(file);
    await Deno.remove(empty);
  }
});

Deno.test("a token file that something else renews is read again when its token has expired", async () => {
  const valid = ["old"];
  await using vault = issuing(valid);
  const file = await Deno.makeTempFile();
  using _ = new Variables({ ...NO_VARIABLES, VAULT_TOKEN_PATH: file });
  try {
    await Deno.writeTextFile(file, "old");
    await using keyring = new HashiCorpVaultKeyring({ address: vault.address });
    assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
    valid[0] = "new";
    await Deno.writeTextFile(file, "new");
    assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("an agent needs no token, and knows the request as one of a client", async () => {
  await using agent = new FakeVault(({ token }) => token === null ? ALICE : { status: 400 });
  const empty = await Deno.makeTempFile();
  const variables = { VAULT_TOKEN_PATH: empty, VAULT_AGENT_ADDR: agent.address };
  using _ = new Variables({ ...NO_VARIABLES, ...variables });
  await using keyring = new HashiCorpVaultKeyring();
  assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
  await Deno.remove(empty);
});

Deno.test("what is no token is not sent as one", async () => {
  await using vault = issuing();
  for (const token of ["two\nlines", "ünicode", "a b"]) {
    await using keyring = new HashiCorpVaultKeyring({ address: vault.address, login: { token } });
    const error = await assertRejects(() => keyring.getPassword("a", "b"), KeyringError);
    assert(!error.message.includes(token));
  }
  assertEquals(vault.requests, []);
});

Deno.test("a redirect carries the token to no host that is not configured", async () => {
  await using other = new FakeVault(() => ALICE);
  for (const status of [301, 302, 303, 307, 308]) {
    const headers = { location: `${other.address}/v1/secret/data/my_app/alice` };
    await using standby = new FakeVault(() => ({ status, headers }));
    // Even where it is listed, it is not https.
    for (const standbys of [[], [other.host]]) {
      await using keyring = new HashiCorpVaultKeyring({
        address: standby.address,
        login: { token: "t0ken" },
        standbys,
      });
      await assertRejects(() => keyring.getPassword("my_app", "alice"), KeyringUnavailableError);
    }
    assertEquals(standby.requests, [GET, GET]);
  }
  assertEquals(other.asked, []);
});

Deno.test("a standby whose active server is not listed is named as what it is", async () => {
  const headers = { location: "https://vault-2.example.com:8200/v1/secret/data/my_app/alice" };
  await using standby = new FakeVault(() => ({ status: 307, headers }));
  await using keyring = new HashiCorpVaultKeyring({
    address: standby.address,
    login: { token: "t0ken" },
    standbys: ["vault-1.example.com:8200"],
  });
  const error = await assertRejects(() => keyring.getPassword("my_app", "alice"), KeyringError);
  assertInstanceOf(error, KeyringUnavailableError);
  assert(error.message.includes("is a standby"), error.message);
  assert(error.advice?.endsWith("export KEYRING_VAULT_STANDBYS=vault-2.example.com:8200"));
});

const SCRIPT = `
import { HashiCorpVaultKeyring } from "${new URL("../../../backends.ts", import.meta.url)}";
console.log(await new HashiCorpVaultKeyring().getPassword("my_app", "alice"));
`;

Deno.test("plain http to this machine passes by no proxy of the environment", async () => {
  await using vault = issuing(["t0ken"]);
  await using proxy = new FakeVault(() => ALICE);
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(script, SCRIPT);
  try {
    for (const variable of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) {
      const variables = {
        [variable]: proxy.address,
        VAULT_ADDR: vault.address,
        VAULT_TOKEN: "t0ken",
      };
      const flags = [`--allow-net=${vault.host}`, "--allow-env=VAULT_ADDR,VAULT_TOKEN"];
      const { out, err } = await runScript(script, flags, [], "", variables);
      assertEquals([out.trim(), err], ["s3cret", ""]);
    }
    assertEquals([proxy.asked.length, count(vault, GET)], [0, 3]);
  } finally {
    await Deno.remove(script);
  }
});

Deno.test({
  name: "a missing permission is named by its flag, and nothing is asked for",
  permissions: { net: false, env: ["VAULT_ADDR"], read: false },
  fn: async () => {
    const options = { address: "https://vault.example.com", login: { token: "t" } };
    const cases: [HashiCorpVaultOptions, string][] = [
      [options, "--allow-net=vault.example.com:443"],
      [{ ...options, address: "http://127.0.0.1:8200" }, "--allow-net=127.0.0.1:8200"],
      [{ ...options, address: "http://[::1]:8200" }, "--allow-net=[::1]:8200"],
      [{ address: options.address }, "--allow-env=VAULT_ADDR,VAULT_TOKEN"],
      [{ ...options, caFile: "/etc/ca.pem" }, "--allow-read=/etc/ca.pem"],
    ];
    for (const [options, flag] of cases) {
      await using keyring = new HashiCorpVaultKeyring(options);
      const error = await assertRejects(
        () => keyring.getPassword("a", "b"),
        KeyringPermissionError,
      );
      assertEquals(error.flag, flag);
    }
  },
});

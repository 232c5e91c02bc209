// @environment linux
// @needs openssl

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { AzureKeyVaultKeyring } from "../../../backends.ts";
import {
  KeyringError,
  KeyringLockedError,
  KeyringTimeoutError,
  KeyringUnavailableError,
} from "../../../mod.ts";
import { complaint } from "../../../dev/azure_emulator/reply.ts";
import { unauthorized } from "../../../dev/azure_emulator/tokens.ts";
import { emulator, makeKeyring, pathOf, requests, TEST, test, vault } from "./bench.ts";

test("waits as long as it is told to, and tries again", async (service) => {
  await makeKeyring().setPassword(service, "alice", "s3cret");
  const path = await pathOf(service, "alice");
  const cases = [429, 500, 502, 503, 504, 408];
  for (const status of cases) {
    let left = 2;
    emulator.interrupt = ({ url }) =>
      url.pathname === path && left-- > 0
        ? { ...complaint(status, "Throttled", "Too many."), headers: { "Retry-After": "0" } }
        : undefined;
    assertEquals(await makeKeyring().getPassword(service, "alice"), "s3cret", String(status));
  }
  let first = true;
  emulator.interrupt = () => {
    const headers = { "Retry-After": "1" };
    const reply = first ? { ...complaint(429, "Throttled", "Too many."), headers } : undefined;
    first = false;
    return reply;
  };
  const start = performance.now();
  assertEquals(await makeKeyring().getPassword(service, "alice"), "s3cret");
  assertEquals(performance.now() - start >= 990, true);
});

test("leaves a long wait to the caller", async (service) => {
  emulator.interrupt = () => ({
    ...complaint(429, "Throttled", "Too many."),
    headers: { "Retry-After": "120" },
  });
  const error = await assertRejects(
    () => makeKeyring().getPassword(service, "alice"),
    KeyringUnavailableError,
  );
  assertStringIncludes(error.message, "Try again in 120 s");
  assertEquals(emulator.asked.length, 1);
});

test("ends in time, and when it is aborted", async (service) => {
  emulator.interrupt = () => ({
    ...complaint(503, "Busy", "Busy."),
    headers: { "Retry-After": "20" },
  });
  await assertRejects(
    () => makeKeyring({ timeoutMs: 300 }).getPassword(service, "alice"),
    KeyringTimeoutError,
  );
  const abort = new AbortController();
  setTimeout(() => abort.abort(new RangeError("enough")), 200);
  const { signal } = abort;
  await assertRejects(
    () => makeKeyring().getPassword(service, "alice", { signal }),
    RangeError,
    "enough",
  );
});

test("tells forbidden, disabled and walled off apart", async (service) => {
  const all = makeKeyring();
  await all.setPassword(service, "alice", "s3cret");
  const nobody = makeKeyring({ rights: [] });
  const rights: [() => Promise<unknown>, string][] = [
    [() => nobody.getPassword(service, "alice"), "getSecret/action"],
    [() => nobody.list(), "readMetadata/action"],
    [() => nobody.deletePassword(service, "alice"), "secrets/delete."],
    [
      () => makeKeyring({ rights: ["getSecret"] }).setPassword(service, "alice", "new"),
      "setSecret/action",
    ],
  ];
  for (const [call, right] of rights) {
    const error = await assertRejects(call, KeyringError);
    assertStringIncludes(error.message, right);
    assertStringIncludes(error.message, '"Key Vault Secrets ');
  }
  const name = (await pathOf(service, "alice")).slice("/secrets/".length);
  vault.edit(name, (version) => version.attributes.enabled = false);
  const calls = [
    () => all.getPassword(service, "alice"),
    () => all.setPassword(service, "alice", "new"),
  ];
  for (const call of calls) {
    const error = await assertRejects(call, KeyringError);
    assertStringIncludes(error.message, "the secret is disabled");
  }
  assertEquals((await all.list({ service })).length, 1);
  emulator.interrupt = () => complaint(403, "Forbidden", "Client address…", "ForbiddenByFirewall");
  await assertRejects(
    () => all.getPassword(service, "alice"),
    KeyringUnavailableError,
    "firewall",
  );
});

test("logs in again once when its token is refused", async (service) => {
  const tokens = [emulator.tokens.issue(), emulator.tokens.issue()];
  let logins = 0;
  const credential = {
    getToken: () => {
      const token = tokens[logins++] ?? "a-token-that-nobody-issued";
      return Promise.resolve({ token, expiresOnTimestamp: Infinity });
    },
  };
  const keyring = new AzureKeyVaultKeyring({ ...TEST, credential });
  await keyring.setPassword(service, "alice", "s3cret");
  emulator.tokens.revoke(tokens[0] ?? "");
  const read = () => keyring.getPassword(service, "alice");
  assertEquals(await Promise.all([read(), read(), read()]), ["s3cret", "s3cret", "s3cret"]);
  assertEquals(logins, 2);
  emulator.tokens.revoke(tokens[1] ?? "");
  for (let times = 0; times < 3; times++) {
    const error = await assertRejects(read, KeyringLockedError);
    assertStringIncludes(error.message, "AKV10032");
  }
  assertEquals(logins, 2);
});

test("says what is wrong with a login", async (service) => {
  const of = (getToken: () => Promise<{ token: string } | null>) =>
    new AzureKeyVaultKeyring({ ...TEST, credential: { getToken } });
  const cases: [AzureKeyVaultKeyring, string][] = [
    [of(() => Promise.resolve(null)), "the credential gave no access token"],
    [of(() => Promise.resolve({ token: "two\nlines" })), "the credential gave no access token"],
    [of(() => Promise.reject(new Error("run\u001b az login"))), "gave no access token: run? az"],
  ];
  for (const [keyring, reason] of cases) {
    await assertRejects(() => keyring.getPassword(service, "alice"), KeyringLockedError, reason);
  }
  const hanging = new AzureKeyVaultKeyring({
    ...TEST,
    timeoutMs: 200,
    credential: { getToken: () => new Promise(() => {}) },
  });
  await assertRejects(() => hanging.getPassword(service, "alice"), KeyringTimeoutError);
});

test("repeats neither a token nor a secret in an error", async (service) => {
  const token = emulator.tokens.issue();
  const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Infinity }) };
  const keyring = new AzureKeyVaultKeyring({ ...TEST, credential });
  emulator.interrupt = ({ method, body, authorization }) =>
    method === "PUT" ? complaint(400, "BadParameter", `${body} ${authorization}`) : undefined;
  const error = await assertRejects(
    () => keyring.setPassword(service, "alice", "hunter2"),
    KeyringError,
  );
  const shown = Deno.inspect(error, { depth: 10 });
  assertEquals([shown.includes("hunter2"), shown.includes(token)], [false, false]);
});

test("follows no redirect", async (service) => {
  emulator.interrupt = () => ({
    status: 307,
    headers: { Location: "https://test.vault.azure.net/secrets/other" },
  });
  const error = await assertRejects(
    () => makeKeyring().getPassword(service, "alice"),
    KeyringUnavailableError,
  );
  assertStringIncludes(error.message, "is not a Key Vault");
  assertEquals(emulator.asked.length, 1);
});

test("takes no answer of a proxy for one of a Key Vault", async (service) => {
  const keyring = makeKeyring();
  const calls = [
    () => keyring.getPassword(service, "alice"),
    () => keyring.setPassword(service, "alice", "new"),
    () => keyring.deletePassword(service, "alice", { missingOk: true }),
    () => keyring.list(),
  ];
  for (const status of [200, 404, 409]) {
    emulator.interrupt = () => ({ status, body: "<html>Welcome to this network" });
    for (const call of calls) {
      const { message } = await assertRejects(call, KeyringError);
      assertStringIncludes(message, "Key Vault");
    }
  }
  emulator.interrupt = ({ method }) =>
    method === "PUT" ? { status: 200, body: "<html>Welcome to this network" } : undefined;
  await assertRejects(() => keyring.setPassword(service, "alice", "new"), KeyringUnavailableError);
});

test("takes what is lost on the way for nothing", async (service) => {
  const keyring = makeKeyring();
  await keyring.setPassword(service, "alice", "s3cret");
  let done = false;
  emulator.interrupt = (asked) => {
    if (asked.method !== "DELETE" || done) return undefined;
    done = true;
    vault.delete(asked.url.pathname.slice("/secrets/".length));
    return { ...complaint(503, "Busy", "Busy."), headers: { "Retry-After": "0" } };
  };
  await keyring.deletePassword(service, "alice");
  assertEquals(await keyring.getPassword(service, "alice"), null);
});

test("asks no other host for a secret, and no host without https", async () => {
  const vaults = [
    "https://test.vault.azure.net.example.com",
    "https://example.com/.vault.azure.net",
    "https://test.vault.azure.net@example.com",
    "https://example.com#.vault.azure.net",
    "https://a.b.vault.azure.net",
    "https://test.vault.azure.net:8443",
    "https://test.vault.azure.cn",
    "https://test.vault.azure.net/secrets",
    "https://vault.azure.net",
    "http://test.vault.azure.net",
    "https://127.0.0.1",
    "test.vault.azure.net.example.com",
    "test\n.vault.azure.net",
    "te",
    "",
    "-test",
    "tëst",
  ];
  for (const name of vaults) {
    let logins = 0;
    const getToken = () => {
      logins++;
      return Promise.resolve(null);
    };
    const keyring = new AzureKeyVaultKeyring({ ...TEST, vault: name, credential: { getToken } });
    const error = await assertRejects(() => keyring.getPassword("my_app", "alice"), KeyringError);
    assertStringIncludes(error.message, "is not a Key Vault of AzureCloud", name);
    assertEquals(logins, 0);
  }
  assertEquals(requests(), []);
  const token = emulator.tokens.issue();
  const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: Infinity }) };
  for (
    const name of [
      "test",
      "TEST",
      "test.vault.azure.net",
      "https://test.vault.azure.net/",
      "https://Test.vault.azure.net:443",
    ]
  ) {
    const keyring = new AzureKeyVaultKeyring({ ...TEST, vault: name, credential });
    assertEquals(await keyring.getPassword("my_app", "nobody"), null, name);
  }
});

test("passes on what the Key Vault says about an issuer", async (service) => {
  emulator.interrupt = () => unauthorized("AKV10032: Invalid issuer. Expected one of A, found B.");
  const error = await assertRejects(
    () => makeKeyring().getPassword(service, "alice"),
    KeyringLockedError,
  );
  assertStringIncludes(error.message, "Expected one of A, found B");
});

test("says why nothing answers", async (service) => {
  using nowhere = Deno.createHttpClient({ proxy: { url: "http://127.0.0.1:9" } });
  using distrustful = Deno.createHttpClient({ proxy: { url: emulator.proxy } });
  const cases = [
    [nowhere, "https://test.vault.azure.net cannot be reached", "Check KEYRING_AZURE_VAULT"],
    [distrustful, "cannot be reached: client error (Connect): invalid peer", "Set DENO_CERT"],
  ] as const;
  for (const [client, reason, advice] of cases) {
    const error = await assertRejects(
      () => makeKeyring({ client }).getPassword(service, "alice"),
      KeyringUnavailableError,
    );
    assertStringIncludes(error.message, reason);
    assertStringIncludes(error.message, advice);
  }
});

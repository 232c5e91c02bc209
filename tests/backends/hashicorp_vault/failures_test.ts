// What each answer of a server means to the caller, and how often it is asked again.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { HashiCorpVaultKeyring, type HashiCorpVaultOptions } from "../../../backends.ts";
import {
  InitError,
  KeyringError,
  KeyringLockedError,
  KeyringTimeoutError,
  KeyringUnavailableError,
} from "../../../mod.ts";
import { FakeVault, type Reply, secretReply } from "./fake_vault.ts";

const GET = "GET secret/data/my_app/alice";
const LOOKUP = "GET auth/token/lookup-self";
const POLICY_DENIAL = { errors: ["1 error occurred:\n\t* permission denied\n\n"] };
const ALICE = secretReply({ password: "s3cret" });

function keyringAt(
  { address }: { address: string },
  options: HashiCorpVaultOptions = {},
): HashiCorpVaultKeyring {
  return new HashiCorpVaultKeyring({ address, login: { token: "t0ken" }, ...options });
}

async function failure(
  reply: Reply,
  call = (keyring: HashiCorpVaultKeyring) =>
    keyring.getPassword("my_app", "alice") as Promise<unknown>,
): Promise<{ error: KeyringError; requests: string[] }> {
  await using vault = new FakeVault(() => reply);
  await using keyring = keyringAt(vault);
  const error = await assertRejects(() => call(keyring), KeyringError);
  return { error, requests: vault.requests };
}

Deno.test("each answer has its own error and advice", async () => {
  const cases: [Reply, typeof KeyringError, string, string][] = [
    [
      { status: 503, body: { errors: ["Vault is sealed"] } },
      KeyringLockedError,
      "sealed",
      "unseal",
    ],
    [
      { status: 429, headers: { "retry-after": "60" } },
      KeyringUnavailableError,
      "limits the rate of requests",
      "in 60 s",
    ],
    [{ status: 403, body: POLICY_DENIAL }, KeyringError, "do not allow it to read", "capabilities"],
    [
      { status: 403, body: { errors: ["permission denied"] } },
      KeyringLockedError,
      "expired or was revoked",
      "Log in again",
    ],
    [
      { status: 404, body: { errors: ['no handler for route "x". route entry not found.'] } },
      InitError,
      'no KV secrets engine of version 2 at "secret"',
      "KEYRING_VAULT_MOUNT",
    ],
    [
      { status: 404, body: { errors: ["namespace not found"] } },
      InitError,
      "namespace",
      "VAULT_NAMESPACE",
    ],
    [{ status: 404, body: "<html>" }, KeyringUnavailableError, "not a Vault server", "VAULT_ADDR"],
    [{ status: 200, body: { data: { password: "x" } } }, InitError, "version 2", "kv-v2"],
    [{ status: 405, body: { errors: ["unsupported operation"] } }, KeyringError, "unsupported", ""],
    [
      { status: 302, headers: { location: "/ui" } },
      KeyringUnavailableError,
      "not a Vault server",
      "VAULT_ADDR",
    ],
  ];
  const messages = new Set<string>();
  for (const [reply, Class, reason, advice] of cases) {
    const { error } = await failure(reply);
    assertInstanceOf(error, Class);
    assertEquals(error.constructor === KeyringError, Class === KeyringError, error.message);
    assert(error.reason.includes(reason), error.message);
    assert((error.advice ?? "").includes(advice), error.message);
    assert(error.message.startsWith('Cannot read the password of "alice" for "my_app": '));
    messages.add(error.reason);
  }
  assert(messages.size >= cases.length - 2);
});

Deno.test("a missing entry is none, and so is a deleted one, whose delete says when", async () => {
  const deleted = {
    data: null,
    metadata: { version: 3, deletion_time: "2026-01-02T03:04:05Z", destroyed: false },
  };
  await using vault = new FakeVault(() => ({ status: 404, body: { data: deleted } }));
  await using keyring = keyringAt(vault);
  assertEquals(await keyring.getPassword("my_app", "alice"), null);
  await keyring.deletePassword("my_app", "alice", { missingOk: true });
  const error = await assertRejects(() => keyring.deletePassword("my_app", "alice"), KeyringError);
  assert(error.message.includes("latest version was deleted at 2026-01-02"), error.message);
  assert(error.advice?.includes("undelete -mount=secret -versions=3 my_app/alice"));
});

Deno.test("an answer that says to try again is followed, in the time that it names", async () => {
  for (const status of [412, 429, 500, 502, 503, 504]) {
    const replies: Reply[] = [{ status, headers: { "retry-after": "0" } }, ALICE];
    await using vault = new FakeVault(() => replies.shift() ?? {});
    await using keyring = keyringAt(vault);
    assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
    assertEquals(vault.requests, [GET, GET]);
  }
  const start = performance.now();
  const { requests, error } = await failure({ status: 503, headers: { "retry-after": "0" } });
  assertEquals(requests.length, 5);
  assertInstanceOf(error, KeyringUnavailableError);
  assert(performance.now() - start < 5_000);
  const replies: Reply[] = [{ status: 429, headers: { "retry-after": "1" } }, ALICE];
  await using vault = new FakeVault(() => replies.shift() ?? {});
  await using keyring = keyringAt(vault);
  const begun = performance.now();
  assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
  assert(performance.now() - begun > 950);
});

Deno.test("a sealed server is not asked again, nor is one that wants a long wait", async () => {
  const sealed = await failure({ status: 503, body: { errors: ["Vault is sealed"] } });
  assertEquals(sealed.requests, [GET]);
  const limited = await failure({ status: 429, headers: { "retry-after": "600" } });
  assertEquals(limited.requests, [GET]);
});

Deno.test("retries end with the call's time limit, and with its signal", async () => {
  await using vault = new FakeVault(() => ({ status: 503, headers: { "retry-after": "9" } }));
  await using keyring = keyringAt(vault, { timeoutMs: 200 });
  await assertRejects(() => keyring.getPassword("my_app", "alice"), KeyringTimeoutError);
  await using patient = keyringAt(vault);
  const aborter = new AbortController();
  const reason = new DOMException("enough", "AbortError");
  setTimeout(() => aborter.abort(reason), 50);
  const call = patient.getPassword("my_app", "alice", { signal: aborter.signal });
  assertEquals(await call.catch((error) => error), reason);
});

Deno.test("a server that does not answer is left in time", async () => {
  const { promise: never, resolve: end } = Promise.withResolvers<Reply>();
  await using vault = new FakeVault(() => never);
  await using keyring = keyringAt(vault, { timeoutMs: 100 });
  await assertRejects(() => keyring.getPassword("my_app", "alice"), KeyringTimeoutError);
  end({});
});

Deno.test("a server that is not there is unavailable", async () => {
  await using gone = new FakeVault(() => ({}));
  const { address } = gone;
  await gone[Symbol.asyncDispose]();
  await using keyring = keyringAt({ address });
  const error = await assertRejects(
    () => keyring.getPassword("my_app", "alice"),
    KeyringUnavailableError,
  );
  assert(error.message.includes(`${address} cannot be reached: `), error.message);
  assert(!error.message.includes("my_app/alice"), error.message);
});

Deno.test("an address that would give the token away is refused before anything is sent", async () => {
  const bad = {
    "http://vault.example.com:8200": "unencrypted",
    "http://localhost.example.com": "unencrypted",
    "http://127.0.0.1.example.com": "unencrypted",
    "https://user:pa55@vault.example.com": "more than a host",
    "vault.example.com:8200": "https://",
    "nonsense": "not a URL",
  };
  for (const [address, reason] of Object.entries(bad)) {
    await using keyring = keyringAt({ address });
    const error = await assertRejects(() => keyring.getPassword("a", "b"), KeyringError);
    assert(error.message.includes(reason), error.message);
    assert(!error.message.includes("pa55"));
  }
});

Deno.test("a token or secret that a server repeats is not in the error", async () => {
  const echo = (what: string) => ({ status: 400, body: { errors: [`bad request: ${what}`] } });
  const token = await failure(echo("X-Vault-Token t0ken"));
  const secret = await failure(
    echo("password=hunter2"),
    (keyring) => keyring.setPassword("my_app", "alice", "hunter2"),
  );
  for (const { error } of [token, secret]) {
    assert(!/t0ken|hunter2/.test(Deno.inspect(error)), error.message);
  }
});

Deno.test("what a server says cannot forge lines of a terminal", async () => {
  const { error } = await failure({ status: 400, body: { errors: ["a\u001b[2Jb\nc"] } });
  // deno-lint-ignore no-control-regex -- what must not be there
  assert(!/[\u0000-\u001f]/.test(error.message));
});

Deno.test("a 403 asks who one is once for all calls", async () => {
  await using vault = new FakeVault(({ what }) =>
    what === LOOKUP ? { body: { data: {} } } : { status: 403, body: POLICY_DENIAL }
  );
  await using keyring = keyringAt(vault);
  const calls = Array.from({ length: 6 }, () => keyring.getPassword("my_app", "alice"));
  for (const result of await Promise.allSettled(calls)) assertEquals(result.status, "rejected");
  assert(vault.requests.filter((what) => what === LOOKUP).length < 6);
});

Deno.test("other fields come back exactly, numbers that JavaScript cannot hold among them", async () => {
  const others = '"big":12345678901234567890,"exact":1.10,"__proto__":"p","":{"a":[1e400]}';
  const metadata = '"metadata":{"version":7,"deletion_time":""}';
  const found = `{"data":{"data":{${others},"password":"old"},${metadata}}}`;
  const conflict = { errors: ["check-and-set parameter did not match the current version"] };
  await using vault = new FakeVault(({ what, body }) => {
    if (what.includes("sys/internal")) return { body: { data: { options: { version: "2" } } } };
    if (what.startsWith("GET")) return { body: found };
    return body.includes('"cas":7') ? {} : { status: 400, body: conflict };
  });
  await using keyring = keyringAt(vault);
  await keyring.setPassword("my_app", "alice", "new");
  assertEquals(
    vault.asked.at(-1)?.body,
    `{"options":{"cas":7},"data":{${others},"password":"new"}}`,
  );
  await keyring.deletePassword("my_app", "alice");
  assertEquals(vault.asked.at(-1)?.body, `{"options":{"cas":7},"data":{${others}}}`);
});

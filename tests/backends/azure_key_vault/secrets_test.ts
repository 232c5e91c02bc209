// @environment linux
// @needs openssl

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  CorruptSecretError,
  KeyringError,
  KeyringTimeoutError,
  PasswordSetError,
  SecretTooLargeError,
} from "../../../mod.ts";
import { nameOf } from "../../../src/backends/azure_key_vault/names.ts";
import { emulator, makeKeyring, requests, test, vault } from "./bench.ts";

const alice = (service: string) => nameOf({ service, username: "alice" });

test("stores what the portal can show", async (service) => {
  await makeKeyring().setPassword(service, "alice", "s3cret");
  const { body } = vault.get(await alice(service)) as { body: Record<string, unknown> };
  assertEquals([body.value, body.contentType], ["s3cret", "text/plain"]);
  assertEquals(body.tags, { "keyring-service": service, "keyring-username": "alice" });
  assertEquals(requests(), ["GET /secrets/NAME", "PUT /secrets/NAME"]);
});

test("holds its largest secret, whatever it consists of, and none larger", async (service) => {
  const keyring = makeKeyring();
  assertEquals(keyring.maxSecretBytes, 18_735);
  for (const byte of [0, 0x61, 0x0b, 0xff]) {
    const most = new Uint8Array(18_735).fill(byte);
    await keyring.setSecret(service, "key", most);
    assertEquals(await keyring.getSecret(service, "key"), most);
  }
  await keyring.setPassword(service, "key", "é".repeat(12_500));
  assertEquals((await keyring.getPassword(service, "key"))?.length, 12_500);
  const larger = [
    () => keyring.setSecret(service, "key", new Uint8Array(18_736)),
    () => keyring.setPassword(service, "key", "a".repeat(25_001)),
  ];
  emulator.asked.length = 0;
  for (const call of larger) {
    const error = await assertRejects(call, SecretTooLargeError);
    assert(error.size > error.limit);
  }
  assertEquals(requests(), []);
});

test("keeps the other tags of a secret", async (service) => {
  const keyring = makeKeyring();
  await keyring.setPassword(service, "alice", "one");
  const tag = (tags: Record<string, string>) =>
    alice(service).then((name) =>
      vault.edit(name, (version) => version.tags = { ...version.tags, ...tags })
    );
  await tag({ owner: "team-a" });
  await keyring.setPassword(service, "alice", "two");
  const { body } = vault.get(await alice(service)) as { body: { tags: Record<string, string> } };
  assertEquals(body.tags.owner, "team-a");
  await keyring.deletePassword(service, "alice");
  await keyring.setPassword(service, "alice", "three");
  const again = vault.get(await alice(service)) as { body: { tags: Record<string, string> } };
  assertEquals(again.body.tags.owner, "team-a");
  await tag(Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`t${index}`, "x"])));
  emulator.asked.length = 0;
  const refused = () => makeKeyring().setPassword(service, "alice", "four");
  await keyring.getPassword(service, "alice");
  await tag({ t12: "x" });
  const error = await assertRejects(refused, PasswordSetError);
  assertStringIncludes(error.message, "more than 15 tags");
  assertEquals(await keyring.getPassword(service, "alice"), "three");
});

test("refuses a secret whose tags name another entry, or none", async (service) => {
  const keyring = makeKeyring();
  await keyring.setPassword(service, "alice", "s3cret");
  const name = await alice(service);
  vault.edit(name, (version) => version.tags = { ...version.tags, "keyring-username": "bob" });
  const calls = [
    () => keyring.getPassword(service, "alice"),
    () => keyring.setPassword(service, "alice", "new"),
  ];
  for (const call of calls) {
    const error = await assertRejects(call, CorruptSecretError);
    assertStringIncludes(error.message, `of "bob" for "${service}"`);
  }
  assertEquals(await keyring.list({ service }), []);
  vault.edit(name, (version) => delete version.tags);
  const error = await assertRejects(
    () => keyring.getPassword(service, "alice"),
    CorruptSecretError,
  );
  assertStringIncludes(error.message, "keyring set");
  await keyring.setPassword(service, "alice", "again");
  assertEquals(await keyring.getPassword(service, "alice"), "again");
});

test("recovers a deleted secret, waits, writes, and says so", async (service) => {
  const notices: string[] = [];
  const keyring = makeKeyring({ onRecover: (notice) => void notices.push(notice) });
  await keyring.setPassword(service, "alice", "old");
  await keyring.deletePassword(service, "alice");
  assertEquals(await keyring.getPassword(service, "alice"), null);
  vault.lagMs = 400;
  emulator.asked.length = 0;
  await keyring.setPassword(service, "alice", "new");
  assertEquals(await keyring.getPassword(service, "alice"), "new");
  assertEquals(notices.length, 1);
  assertStringIncludes(notices[0] ?? "", "had been deleted");
  assertEquals(requests().filter((request) => request.startsWith("POST")).length, 1);
  await keyring.deletePassword(service, "alice");
  // Now it is still being deleted.
  await keyring.setPassword(service, "alice", "third");
  assertEquals(await keyring.getPassword(service, "alice"), "third");
});

test("lets several recover the same secret at once", async (service) => {
  const keyrings = [makeKeyring(), makeKeyring(), makeKeyring()];
  await makeKeyring().setPassword(service, "alice", "old");
  await makeKeyring().deletePassword(service, "alice");
  vault.lagMs = 200;
  await Promise.all(
    keyrings.map((keyring, index) => keyring.setPassword(service, "alice", `new ${index}`)),
  );
  assertStringIncludes(await makeKeyring().getPassword(service, "alice") ?? "", "new");
});

test("reports a recovery that it may not do, that lasts, or that was for nothing", async (service) => {
  const all = makeKeyring();
  await all.setPassword(service, "alice", "old");
  await all.deletePassword(service, "alice");
  const writer = makeKeyring({ rights: ["getSecret", "setSecret"] });
  const forbidden = await assertRejects(
    () => writer.setPassword(service, "alice", "new"),
    PasswordSetError,
  );
  assertStringIncludes(forbidden.message, "Microsoft.KeyVault/vaults/secrets/recover/action");
  assertEquals(await all.getPassword(service, "alice"), null);

  vault.lagMs = 60_000;
  const slow = makeKeyring({ timeoutMs: 3_000 });
  const late = await assertRejects(
    () => slow.setPassword(service, "alice", "new"),
    KeyringTimeoutError,
  );
  assertStringIncludes(late.message, "was recovered before that, with its last value");
  assertStringIncludes(late.message, "az keyvault secret delete --vault-name test --name kr-");
});

test("says that it recovered a secret when it is then aborted", async (service) => {
  const notices: string[] = [];
  const keyring = makeKeyring({ onRecover: (notice) => void notices.push(notice) });
  await keyring.setPassword(service, "alice", "old");
  await keyring.deletePassword(service, "alice");
  vault.lagMs = 60_000;
  const abort = new AbortController();
  const { signal } = abort;
  let puts = 0;
  emulator.interrupt = ({ method }) => {
    // The second one follows the recovery.
    if (method === "PUT" && ++puts === 2) abort.abort(new RangeError("enough"));
    return undefined;
  };
  await assertRejects(() => keyring.setPassword(service, "alice", "new", { signal }), RangeError);
  assertEquals(notices.length, 1);
  assertStringIncludes(notices[0] ?? "", "and was recovered, but was not replaced");
});

test("lists many, page by page, and no secret of others", async (service) => {
  const keyring = makeKeyring();
  const names = Array.from({ length: 60 }, (_, index) => `user ${String(index).padStart(2, "0")}`);
  await Promise.all(names.map((name) => keyring.setPassword(service, name, "made-up")));
  vault.set("kr-of-somebody-else", { value: "x", tags: { "keyring-service": service } });
  vault.set("theirs", { value: "x" });
  const entries = await keyring.list({ service });
  assertEquals(entries.map(({ username }) => username), names);
  assert(entries.every(({ modified }) => modified && Date.now() - modified.getTime() < 60_000));
});

test("follows no link to another place", async (service) => {
  const keyring = makeKeyring();
  for (
    const nextLink of [
      "https://evil.example.com/secrets?$skiptoken=1",
      "http://test.vault.azure.net/secrets",
      "https://other.vault.azure.net/secrets",
      "https://test.vault.azure.net/keys",
    ]
  ) {
    emulator.asked.length = 0;
    emulator.interrupt = () => ({ status: 200, body: { value: [], nextLink } });
    const error = await assertRejects(() => keyring.list({ service }), KeyringError);
    assertStringIncludes(error.message, "continues in another place");
    assertEquals(emulator.asked.length, 1);
  }
});

test("answers from memory only where it is asked to", async (service) => {
  const [plain, cached, other] = [makeKeyring(), makeKeyring({ cacheSeconds: 60 }), makeKeyring()];
  await plain.setPassword(service, "alice", "one");
  for (const keyring of [plain, cached]) await keyring.getPassword(service, "alice");
  emulator.asked.length = 0;
  assertEquals(await cached.getPassword(service, "alice"), "one");
  assertEquals(requests(), []);
  assertEquals(await plain.getPassword(service, "alice"), "one");
  assertEquals(requests().length, 1);
  await other.setPassword(service, "alice", "two");
  assertEquals(await cached.getPassword(service, "alice"), "one");
  cached.close();
  assertEquals(await cached.getPassword(service, "alice"), "two");
  await cached.setPassword(service, "alice", "three");
  assertEquals(await cached.getPassword(service, "alice"), "three");
  await cached.deletePassword(service, "alice");
  assertEquals(await cached.getPassword(service, "alice"), null);
  cached.close();
});

test("reads many at once, and no more than eight", async (service) => {
  const keyring = makeKeyring();
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => keyring.setPassword(service, `u${index}`, "x")),
  );
  assertEquals(keyring.concurrency, 8);
  const read = await Promise.all(
    Array.from({ length: 20 }, (_, index) => keyring.getPassword(service, `u${index}`)),
  );
  assertEquals(read, Array(20).fill("x"));
});

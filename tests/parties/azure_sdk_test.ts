// @environment linux
// @needs openssl, tool:azure_sdk
//
// The emulator of Azure Key Vault before Microsoft's own client, which judges it: what that client gets,
// ours gets, and each reads what the other wrote.

import { assertEquals, assertRejects } from "@std/assert";
import { KeyringError } from "../../mod.ts";
import { complaint } from "../../dev/azure_emulator/reply.ts";
import type { Right } from "../../dev/azure_emulator/tokens.ts";
import { nameOf, tagsOf } from "../../src/backends/azure_key_vault/names.ts";
import { toValue } from "../../src/backends/azure_key_vault/stored_form.ts";
import { emulator, makeKeyring, test, vault } from "../backends/azure_key_vault/bench.ts";
import { DIFFICULT_NAMES, DIFFICULT_TEXTS } from "../../src/testing/texts.ts";

const FOLDER = Deno.env.get("KEYRING_TEST_AZURE_SDK") ?? "";
const SCRIPT = decodeURIComponent(new URL("../fixtures/azure_sdk.mjs", import.meta.url).pathname);
const VAULT = "https://test.vault.azure.net";

interface Result {
  // deno-lint-ignore no-explicit-any -- each operation gives something else
  result?: any;
  status?: number;
  code?: string;
  inner?: string;
  message?: string;
}

async function sdk(calls: unknown[][], rights?: readonly Right[]): Promise<Result[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-lock", "--quiet", SCRIPT, FOLDER, VAULT, JSON.stringify(calls)],
    cwd: FOLDER,
    env: { ...emulator.environment, TOKEN: emulator.tokens.issue(rights) },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

const entry = (service: string, username: string) => ({ service, username });

test("writes what Microsoft's client reads", async (service) => {
  const keyring = makeKeyring();
  const plain = Object.values(DIFFICULT_TEXTS).filter((text) =>
    toValue(new TextEncoder().encode(text)).contentType === "text/plain"
  );
  for (const [index, text] of plain.entries()) {
    await keyring.setPassword(service, `${index}`, text);
  }
  const names = await Promise.all(plain.map((_, index) => nameOf(entry(service, `${index}`))));
  const read = await sdk(names.map((name) => ["get", name]));
  assertEquals(read.map(({ result }) => result?.value), plain);
  assertEquals(read[0]?.result?.contentType, "text/plain");
  assertEquals(read[0]?.result?.tags, tagsOf(entry(service, "0")));
});

test("reads what Microsoft's client writes", async (service) => {
  const users = Object.values(DIFFICULT_NAMES);
  const calls = await Promise.all(users.map(async (username) => {
    const name = await nameOf(entry(service, username));
    return ["set", name, `of ${username}`, { tags: tagsOf(entry(service, username)) }];
  }));
  const written = await sdk(calls);
  assertEquals(written.map(({ message }) => message).filter(Boolean), []);
  const keyring = makeKeyring();
  for (const username of users) {
    assertEquals(await keyring.getPassword(service, username), `of ${username}`);
  }
  const listed = (await keyring.list({ service })).map(({ username }) => username);
  assertEquals(listed.toSorted(), users.toSorted());
});

test("agrees with Microsoft's client on a deleted secret", async (service) => {
  const keyring = makeKeyring();
  const name = await nameOf(entry(service, "alice"));
  vault.lagMs = 300;
  await keyring.setPassword(service, "alice", "old");
  const [, again, deleted, missing] = await sdk([
    ["delete", name],
    ["set", name, "new"],
    ["deleted", name],
    ["get", name],
  ]);
  assertEquals([again?.status, again?.inner], [409, "ObjectIsDeletedButRecoverable"]);
  assertEquals(deleted?.result, name);
  assertEquals([missing?.status, missing?.code], [404, "SecretNotFound"]);
  assertEquals(await keyring.getPassword(service, "alice"), null);
  await keyring.setPassword(service, "alice", "new");
  assertEquals((await sdk([["get", name]]))[0]?.result?.value, "new");
  vault.lagMs = 0;
  await keyring.deletePassword(service, "alice");
  const [recovered, read] = await sdk([["recover", name], ["get", name]]);
  assertEquals([recovered?.status, read?.result?.value], [undefined, "new"]);
  assertEquals(await keyring.getPassword(service, "alice"), "new");
});

test("lists as many as Microsoft's client", async (service) => {
  const keyring = makeKeyring();
  const users = Array.from({ length: 60 }, (_, index) => `u${index}`);
  await Promise.all(users.map((username) => keyring.setPassword(service, username, "x")));
  const [listed] = await sdk([["list"]]);
  const names = await Promise.all(users.map((username) => nameOf(entry(service, username))));
  const all: string[] = listed?.result ?? [];
  assertEquals(all.filter((name) => names.includes(name)).toSorted(), names.toSorted());
  assertEquals((await keyring.list({ service })).length, 60);
});

test("is refused as Microsoft's client is", async (service) => {
  const name = await nameOf(entry(service, "alice"));
  await makeKeyring().setPassword(service, "alice", "s3cret");
  const cases: [calls: unknown[], ours: () => Promise<unknown>][] = [
    [["get", name], () => makeKeyring({ rights: [] }).getPassword(service, "alice")],
    [["list"], () => makeKeyring({ rights: [] }).list()],
    [["delete", name], () => makeKeyring({ rights: [] }).deletePassword(service, "alice")],
    [
      ["set", name, "x"],
      () => makeKeyring({ rights: ["getSecret"] }).setPassword(service, "alice", "x"),
    ],
  ];
  const refused = await sdk(cases.map(([call]) => call), []);
  for (const [index, [call, ours]] of cases.entries()) {
    const { status, inner } = refused[index] ?? {};
    // Its list says no more than the status.
    assertEquals([status, inner], [403, call[0] === "list" ? undefined : "ForbiddenByRbac"]);
    assertEquals((await assertRejects(ours, KeyringError)).code, status);
  }
  vault.edit(name, (version) => version.attributes.enabled = false);
  const [disabled] = await sdk([["get", name]]);
  assertEquals([disabled?.status, disabled?.inner], [403, "SecretDisabled"]);
  const error = await assertRejects(
    () => makeKeyring().getPassword(service, "alice"),
    KeyringError,
  );
  assertEquals([error.code, error.codeName], [403, "SecretDisabled"]);
});

test("waits for a busy Key Vault as Microsoft's client does", async (service) => {
  const name = await nameOf(entry(service, "alice"));
  await makeKeyring().setPassword(service, "alice", "s3cret");
  const throttle = () => {
    let left = 2;
    emulator.interrupt = ({ url }) =>
      url.pathname.startsWith("/secrets/kr-") && left-- > 0
        ? { ...complaint(429, "Throttled", "Too many."), headers: { "Retry-After": "0" } }
        : undefined;
  };
  throttle();
  assertEquals((await sdk([["get", name]]))[0]?.result?.value, "s3cret");
  throttle();
  assertEquals(await makeKeyring().getPassword(service, "alice"), "s3cret");
});

// @environment linux
// @needs gpg (gnupg), pass, git, tree
//
// The other party: Debian's `pass`.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DIFFICULT_NAMES, DIFFICULT_TEXTS } from "../../src/testing/texts.ts";
import { Keys, Store } from "../backends/pass/store.ts";
import { pathOf } from "../../src/backends/pass/names.ts";
import { keyring, type Outcome, runToEnd } from "../fixtures/command.ts";

const ignore = Deno.build.os !== "linux";

const COLOR = new RegExp("\u001b\\[[\\d;]*m", "g");

interface Bench {
  keys: Keys;
  store: Store;
  pass(args: string[], stdin?: string, env?: Record<string, string>): Promise<Outcome>;
}

function test(name: string, work: (bench: Bench) => Promise<void>): void {
  Deno.test(`pass and this library ${name}`, { ignore }, async () => {
    await using keys = await Keys.create();
    await keys.add("alice");
    await using store = await Store.create(keys, "alice");
    const pass = (args: string[], stdin = "", env: Record<string, string> = {}) =>
      runToEnd("pass", args, stdin, { ...store.env, LC_ALL: "C.UTF-8", ...env });
    await work({ keys, store, pass });
  });
}

test("read what the other stores", async ({ store, pass }) => {
  const { keyring } = store;
  for (const text of Object.values(DIFFICULT_TEXTS)) {
    await keyring.setPassword("my_app", "alice", text);
    const isPlain = !/[\r\n]|^\ufeff/.test(text);
    const { out } = await pass(["show", "my_app/alice"]);
    assertEquals(out, isPlain ? `${text}\n` : `os-keyring-base64:${base64(text)}\n`);
    if (!isPlain) continue;
    assertEquals((await pass(["insert", "-m", "-f", "my_app/bob"], `${text}\nmore\n`)).code, 0);
    assertEquals(await keyring.getPassword("my_app", "bob"), text);
    await keyring.setPassword("my_app", "bob", "new");
    assertEquals((await pass(["show", "my_app/bob"])).out, "new\nmore\n");
  }
});

test("find each other's entries by name", async ({ store, pass }) => {
  const { keyring } = store;
  const names = Object.values(DIFFICULT_NAMES);
  for (const name of names) await keyring.setPassword(`svc ${name}`, name, `of ${name}`);
  const shown = (await pass(["ls"])).out.replaceAll(COLOR, "");
  // deno-lint-ignore no-control-regex -- these are what is looked for
  assert(!/[\0-\x09\x0b-\x1f]/.test(shown));
  for (
    const line of ["https:%2F", "user@example.com:8443", "Ünïcødé-密码-🔑", "o'brien", "%2E.", "*?"]
  ) {
    assertStringIncludes(shown, line);
  }
  for (const name of names) {
    const path = pathOf({ service: `svc ${name}`, username: name });
    assertEquals((await pass(["show", "--", path])).out, `of ${name}\n`);
  }
  await pass(["insert", "-m", "email/work/alice"], "s3cret\n");
  assertEquals(await keyring.getPassword("email/work", "alice"), "s3cret");
  assertEquals((await pass(["rm", "-f", "email/work/alice"])).code, 0);
  assertEquals(await keyring.getPassword("email/work", "alice"), null);
  await keyring.setPassword("my_app", "alice", "x");
  await keyring.deletePassword("my_app", "alice");
  assertEquals((await pass(["show", "my_app/alice"])).code, 1);
});

test("commit the same", async ({ store, pass }) => {
  const { keyring } = store;
  const log = async (work: () => Promise<unknown>) => {
    await work();
    return (await store.git(["log", "-1", "--format=%an %ae %s", "--name-status"])).trim();
  };
  assertEquals((await pass(["git", "init"])).code, 0);
  for (const sign of [false, true]) {
    const insert = () => pass(["insert", "-m", "-f", "my_app/alice"], "x\n");
    const theirs = [await log(insert), await log(insert)];
    const rm = await log(() => pass(["rm", "-f", "my_app/alice"]));
    const set = () => keyring.setPassword("my_app", "alice", "x");
    await store.git(["config", "user.name", "Alice"]);
    await store.git(["config", "user.email", "alice@example.com"]);
    assertEquals([await log(set), await log(set)], theirs);
    assertEquals(await log(() => keyring.deletePassword("my_app", "alice")), rm);
    assertStringIncludes(rm, "Alice alice@example.com Remove my_app/alice from store.");
    if (sign) break;
    await store.git(["config", "pass.signcommits", "true"]);
    await store.git(["config", "user.signingkey", "alice"]);
    const wrapper = `${store.parent}/gpg`;
    await Deno.writeTextFile(wrapper, `#!/bin/sh\nexec gpg --homedir '${store.keys.home}' "$@"\n`, {
      mode: 0o755,
    });
    await store.git(["config", "gpg.program", wrapper]);
  }
  assertEquals(await store.git(["log", "-3", "--format=%G?"]), "G\nG\nG\n");
  assertEquals(await store.git(["status", "--porcelain"]), "");
});

test("honour the same keys and signatures", async ({ keys, store, pass }) => {
  const PASSWORD_STORE_SIGNING_KEY = await keys.add("trusted");
  const bob = await keys.add("bob");
  const signed = { PASSWORD_STORE_SIGNING_KEY };
  const env = { ...store.env, ...signed, KEYRING_BACKEND: "pass" };
  const theirs = async () => (await pass(["insert", "-m", "-f", "a/b"], "x\n", signed)).code;
  const ours = async () => (await keyring(["--allow-all"], ["set", "a", "c"], "x\n", env)).code;
  assertEquals([await theirs(), await ours()], [1, 1]);
  assertEquals((await pass(["init", "alice"], "", signed)).code, 0);
  assertEquals([await theirs(), await ours()], [0, 0]);
  assertEquals((await pass(["init", "-p", "team", "bob", "alice"])).code, 0);
  await store.keyring.setPassword("team", "alice", "x");
  const { err } = await keys.gpg(["--batch", "-d", `${store.folder}/team/alice.gpg`]);
  assert(err.includes('"alice"') && err.includes('"bob"'), err);
  assertEquals((await pass(["init", "-p", "team", bob])).code, 0);
  assertEquals(await store.keyring.getPassword("team", "alice"), "x");
  await Deno.writeTextFile(`${store.folder}/.gpg-id`, "bob\n");
  assertEquals([await theirs(), await ours()], [1, 1]);
});

function base64(text: string): string {
  return new TextEncoder().encode(text).toBase64();
}

// @environment linux
// @needs gpg (gnupg), git
//
// The command on a store, in a process of its own, with the flags that the documentation gives.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { CHOICE_FLAGS, keyring, type Outcome } from "../../fixtures/command.ts";
import { Keys, Store } from "./store.ts";

const ignore = Deno.build.os !== "linux";

interface Bench {
  keys: Keys;
  store: Store;
  run(args: string[], stdin?: string, env?: Record<string, string>): Promise<Outcome>;
}

function test(name: string, work: (bench: Bench) => Promise<void>): void {
  Deno.test(`keyring -b pass ${name}`, { ignore }, async () => {
    await using keys = await Keys.create();
    await keys.add("alice");
    await using store = await Store.create(keys, "alice");
    const run = (args: string[], stdin = "", env: Record<string, string> = {}) =>
      keyring(flagsFor(store.folder), args, stdin, {
        ...store.env,
        KEYRING_BACKEND: "pass",
        ...env,
      });
    await work({ keys, store, run });
  });
}

function flagsFor(folder: string): string[] {
  const [env = "", ...read] = CHOICE_FLAGS;
  return [
    `${env},PASSWORD_STORE_*,GIT_*`,
    `${read.join()},${folder}`,
    `--allow-write=${folder}`,
    "--allow-run=gpg,git",
  ];
}

test("stores, prints, lists and deletes", async ({ store, run }) => {
  await store.init();
  const url = "https://npm.example.com/team";
  assertEquals(await run(["set", url, "alice"], "s3cret\n"), { code: 0, out: "", err: "" });
  assertEquals(await store.content("https:%2F/npm.example.com/team/alice"), "s3cret\n");
  assertEquals((await run(["get", url, "alice"])).out, "s3cret\n");
  await run(["set", "my_app", "bob"], "x\n");
  const env = { KEYRING_BACKEND: "null" };
  assertEquals((await run(["-b", "pass", "list", url], "", env)).out, `${url}  alice\n`);
  assertEquals((await run(["list"])).out.trim().split("\n").length, 2);
  assertEquals((await run(["del", url, "alice"])).code, 0);
  assertEquals((await run(["get", url, "alice"])).code, 1);
  assertEquals((await store.log()).length, 4);
});

test("imports, exports and runs", async ({ store, run }) => {
  const lines = Array.from({ length: 20 }, (_, index) => {
    const [service, username] = [`app/${index % 5}`, `user ${index}`];
    return JSON.stringify({ service, username, password: `s3cret\n${index}` });
  });
  const imported = await run(["import"], lines.join("\n"));
  assertEquals(imported.code, 0, imported.err);
  assertStringIncludes((await run(["import"], lines.join("\n"))).err, "already exists");
  const { out } = await run(["export"]);
  const passwords = (text: string) =>
    text.trim().split("\n").map((line) => JSON.parse(line).password).sort();
  assertEquals(passwords(out), passwords(lines.join("\n")));
  await run(["set", "my_app", "alice"], "s3cret\n");
  const words = ["run", "--env", "TOKEN=my_app/alice", "--", "/bin/sh", "-c", 'echo "$TOKEN"'];
  const flags = [
    ...flagsFor(store.folder).slice(0, 3),
    "--allow-run=gpg,git,/bin/sh",
    "--allow-env",
  ];
  const env = { ...store.env, KEYRING_BACKEND: "pass" };
  assertEquals((await keyring(flags.slice(1), words, "", env)).out, "s3cret\n");
});

test("says in diagnose which store it is and whether it can be used", async (bench) => {
  const { keys, store, run } = bench;
  const line = async (env: Record<string, string> = {}) => {
    const { out, err } = await run(["diagnose"], "", env);
    return out.split("\n").find((line) => /^ +pass /.test(line)) ?? err;
  };
  const usable = await line();
  assertStringIncludes(usable, `viable: at "${store.folder}"; encrypts to alice`);
  assert(!usable.includes("git"), usable);
  await store.init();
  assertStringIncludes(await line(), "commits to git");
  await using others = await Keys.create();
  const bare = await line({ GNUPGHOME: others.home });
  assertStringIncludes(bare, "gpg has the secret key of none of these");
  const none = await line({ PASSWORD_STORE_DIR: `${store.folder}/none` });
  assertStringIncludes(none, "not viable: there is no password store at");
  await keys.lock();
  await Deno.writeTextFile(`${store.folder}/.gpg-id`, "");
  assertStringIncludes(await line(), "not viable: ");
  const env = { ...store.env, KEYRING_BACKEND: "null" };
  const { out } = await keyring([...CHOICE_FLAGS, "--allow-env"].slice(1), ["diagnose"], "", env);
  assertStringIncludes(out, `--allow-read=${store.folder} --allow-run=gpg: a Deno permission`);
});

test("honours PASSWORD_STORE_KEY and PASSWORD_STORE_SIGNING_KEY", async ({ keys, store, run }) => {
  const mallory = await keys.add("mallory");
  const trusted = await keys.add("trusted");
  const file = `${store.folder}/.gpg-id`;
  const sign = (key: string) =>
    keys.gpg(["--batch", "--yes", "-q", "--local-user", key, "--detach-sign", file]);
  const set = (env: Record<string, string>) => run(["set", "my_app", "alice"], "s3cret\n", env);
  const refused = async (reason: string, PASSWORD_STORE_SIGNING_KEY = trusted) => {
    const { code, err } = await set({ PASSWORD_STORE_SIGNING_KEY });
    assertEquals(code, 1);
    assertStringIncludes(err, reason);
    assertEquals(err.trim().split("\n").length, 1, err);
    assertEquals((await run(["list"])).out, "");
  };
  await refused("is not signed. Compare");
  await sign(mallory);
  await refused("is not signed by a key of PASSWORD_STORE_SIGNING_KEY");
  await sign(trusted);
  await refused("is not signed by a key", trusted.slice(-16));
  assertEquals((await set({ PASSWORD_STORE_SIGNING_KEY: `${"A".repeat(40)} ${trusted}` })).code, 0);
  assertEquals((await run(["del", "my_app", "alice"])).code, 0);
  await Deno.writeTextFile(file, "mallory\n");
  await refused("is not signed by a key of PASSWORD_STORE_SIGNING_KEY");
  const env = { PASSWORD_STORE_KEY: `mallory ${trusted}`, PASSWORD_STORE_SIGNING_KEY: trusted };
  assertEquals((await set(env)).code, 0);
  const { err } = await keys.gpg(["--batch", "-d", `${store.folder}/my_app/alice.gpg`]);
  assert(err.includes('"mallory"') && err.includes('"trusted"'), err);
});

test("names each permission that is missing", async ({ store }) => {
  await store.init();
  const env = { ...store.env, KEYRING_BACKEND: "pass" };
  const flags = flagsFor(store.folder);
  const [choice = ""] = CHOICE_FLAGS;
  const cases: [flags: string[], missing: string][] = [
    [[choice, ...flags.slice(1)], "--allow-env=PASSWORD_STORE_DIR,PASSWORD_STORE_KEY"],
    [[flags[0]?.replace(",GIT_*", "") ?? "", ...flags.slice(1)], "--allow-env=GIT_DIR"],
    [flags.toSpliced(1, 1, CHOICE_FLAGS[1] ?? ""), `--allow-read=${store.folder}`],
    [flags.toSpliced(2, 1), `--allow-write=${store.folder}`],
    [flags.toSpliced(3, 1, "--allow-run=git"), "--allow-run=gpg"],
    [flags.toSpliced(3, 1, "--allow-run=gpg"), "--allow-run=git"],
  ];
  for (const [flags, missing] of cases) {
    const { code, err } = await keyring(flags, ["set", "my_app", "alice"], "s3cret\n", env);
    assertEquals(code, 1);
    assertStringIncludes(err, `Add ${missing}`);
    assertEquals(await store.files(), ["", ".gpg-id"]);
  }
});

test("starts no program with variables that lead it astray", async ({ store, run }) => {
  await store.init();
  const stray = { LD_PRELOAD: "", LD_LIBRARY_PATH: store.parent, LD_AUDIT: "" };
  assertEquals(await run(["set", "my_app", "alice"], "x\n", stray), { code: 0, out: "", err: "" });
  const git = { GIT_DIR: `${store.parent}/other`, GIT_INDEX_FILE: `${store.parent}/index` };
  const { err } = await run(["set", "my_app", "alice"], "y\n", git);
  assertStringIncludes(err, "GIT_DIR is set, and leads git to another repository. Unset it.");
  const all = ["--allow-all"];
  const env = { ...store.env, ...git, KEYRING_BACKEND: "pass" };
  const unset = await keyring(all, ["set", "my_app", "alice"], "y\n", env);
  assertEquals(unset, { code: 0, out: "", err: "" });
  assertEquals((await store.log()).length, 3);
});

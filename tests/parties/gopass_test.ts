// @environment linux
// @needs gpg (gnupg), git, tool:gopass
//
// The other party: gopass, as its own project builds it.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { pathOf } from "../../src/backends/pass/names.ts";
import { DIFFICULT_NAMES, DIFFICULT_TEXTS } from "../../src/testing/texts.ts";
import { Keys, Store } from "../backends/pass/store.ts";
import { runToEnd } from "../fixtures/command.ts";

const program = Deno.env.get("KEYRING_TEST_GOPASS");
const ignore = Deno.build.os !== "linux" || program === undefined;

Deno.test("gopass and this library share a password store", { ignore }, async () => {
  await using keys = await Keys.create();
  await keys.add("alice");
  await using store = await Store.create(keys, "alice");
  await store.init();
  const { keyring } = store;
  const gopass = async (args: string[], stdin = "") => {
    const env = { ...store.env, GOPASS_HOMEDIR: store.parent, GOPASS_NO_REMINDER: "1" };
    const outcome = await runToEnd(program ?? "", args, stdin, env);
    assertEquals(outcome.code, 0, outcome.err);
    return outcome.out;
  };
  const names = Object.values(DIFFICULT_NAMES);
  for (const name of names) await keyring.setPassword(`svc ${name}`, name, "s3cret");
  const listed = (await gopass(["ls", "--flat"])).split("\n");
  for (const name of names) {
    const path = pathOf({ service: `svc ${name}`, username: name });
    assertEquals(listed.includes(path), true, path);
    assertEquals(await gopass(["show", "-o", "--", path]), "s3cret");
  }
  for (const text of Object.values(DIFFICULT_TEXTS)) {
    if (/[\r\n]|^\ufeff/.test(text)) continue;
    await keyring.setPassword("my_app", "alice", text);
    // It leaves out white space at both ends.
    assertEquals((await gopass(["show", "-o", "my_app/alice"])).trim(), text.trim());
  }
  await gopass(["insert", "-f", "email/work/bob"], "s3cret\nuser: bob\n");
  assertEquals(await keyring.getPassword("email/work", "bob"), "s3cret");
  await keyring.setPassword("email/work", "bob", "new");
  assertStringIncludes(await gopass(["show", "email/work/bob"]), "new\nuser: bob");
  await gopass(["rm", "-f", "email/work/bob"]);
  assertEquals(await keyring.getPassword("email/work", "bob"), null);
  assertEquals(await store.git(["status", "--porcelain"]), "");
});

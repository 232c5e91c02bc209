// @environment unit, windows

import { assertEquals, assertRejects } from "@std/assert";
import { loadKeyring } from "../src/choose.ts";
import { KeyringError } from "../src/errors.ts";
import { absolutePath, isModule, loadModule } from "../src/load_module.ts";

const FIXTURES = new URL("./fixtures/", import.meta.url);
const FOLDER = decodeURIComponent(FIXTURES.pathname).replace(/^\/([A-Za-z]:)/, "$1");

Deno.test("isModule() knows a module from the name of a store", () => {
  const modules = ["./own.ts", "../own.ts", "/own", "C:\\own.js", "C:/own", "jsr:@me/own"];
  for (const name of [...modules, "file:///own", "https://example.com/own.ts", "npm:own"]) {
    assertEquals(isModule(name), true, name);
  }
  const stores = ["null", "secret-service", "keyring.backends.null.Keyring"];
  for (const name of stores) {
    assertEquals([isModule(name), isModule(name, "/folder")], [false, false], name);
  }
  // Nothing in the current folder, unless a folder was given.
  for (const name of ["own.ts", "own/keyring", "a/../own.js", "~/own.ts", ".own.mjs"]) {
    assertEquals([isModule(name), isModule(name, "/folder")], [false, true], name);
  }
});

Deno.test("absolutePath() takes what is absolute on any system for what it is", () => {
  for (const path of ["/own.ts", "C:\\own.ts", "c:/own.ts"]) {
    assertEquals(absolutePath(path, "/folder"), path);
  }
  for (const path of ["own.ts", "./own.ts", "..", "C:own.ts"]) {
    assertEquals(absolutePath(path, "/folder"), `/folder/${path}`);
  }
});

Deno.test("loadKeyring() loads a keyring of the user's own", async () => {
  for (
    const [name, folder] of [
      [`${FOLDER}own_keyring.ts`],
      [new URL("own_keyring.ts", FIXTURES).href],
      ["own_keyring.ts", FOLDER],
      ["./own_keyring.ts", FOLDER],
    ]
  ) {
    const keyring = await loadKeyring(name ?? "", folder);
    await keyring.setPassword("my_app", "alice", "made-up");
    assertEquals(await keyring.getPassword("my_app", "alice"), "made-up");
  }
});

Deno.test("loadModule() refuses what is not a keyring", async () => {
  const error = await assertRejects(() => loadModule(`${FOLDER}not_a_keyring.ts`), KeyringError);
  assertEquals(error.message.includes("not a keyring"), true);
});

Deno.test("loadModule() says why a module cannot be loaded", async () => {
  const error = await assertRejects(() => loadModule(`${FOLDER}missing.ts`), KeyringError);
  assertEquals(error.message.includes("missing.ts"), true);
});

Deno.test("keyring -b names the permission that a module needs", async () => {
  const cli = new URL("../cli.ts", import.meta.url).href;
  const url = "https://127.0.0.1:1/own.ts";
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", cli, "-b", url, "get", "my_app", "alice"],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 2);
  assertEquals(new TextDecoder().decode(stderr).includes("Add --allow-import=127.0.0.1:1 "), true);
});

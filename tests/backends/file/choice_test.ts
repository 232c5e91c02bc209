// @environment unit, windows

import { assert, assertEquals } from "@std/assert";
import { choose, describeStores } from "../../../src/choose.ts";
import { FILE_ADVICE } from "../../../src/errors.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";
import { NO_FILE, Variables } from "../../support/variables.ts";

const NO_CHOICE = { ...NO_FILE, KEYRING_BACKEND: undefined, PYTHON_KEYRING_BACKEND: undefined };

Deno.test("only the environment or the config file chooses an encrypted file", async () => {
  await using temporary = await TemporaryFile.create();
  using _ = new Variables({
    ...NO_CHOICE,
    KEYRING_FILE: temporary.path,
    KEYRING_FILE_IDENTITY: temporary.identityFile,
    XDG_CONFIG_HOME: temporary.folder,
    LOCALAPPDATA: temporary.folder,
  });
  assert((await choose()).id !== "file", "silently");
  {
    using _ = new Variables({ KEYRING_BACKEND: "file" });
    const { id, keyring } = await choose();
    assertEquals([id, await keyring.list()], ["file", []]);
  }
  const folder = Deno.build.os === "windows" ? "Python Keyring" : "python_keyring";
  await Deno.mkdir(`${temporary.folder}/${folder}`);
  const config = "[backend]\ndefault-keyring=file\n";
  await Deno.writeTextFile(`${temporary.folder}/${folder}/keyringrc.cfg`, config);
  const { id, by, keyring } = await choose();
  assertEquals([id, by.startsWith("config file"), await keyring.list()], ["file", true, []]);
});

Deno.test("an encrypted file is viable where it exists", async () => {
  await using temporary = await TemporaryFile.create();
  const report = async () => (await describeStores()).find(({ id }) => id === "file");
  using _ = new Variables({ ...NO_FILE, KEYRING_FILE: temporary.path });
  assertEquals((await report())?.viable, true);
  await Deno.remove(temporary.path);
  const missing = await report();
  assertEquals(missing?.viable, false);
  assert(missing?.reason?.includes("keyring file init"), missing?.reason);
});

Deno.test("without a keyring, the advice shows how to create and use an encrypted file", () => {
  for (const line of ["`keyring file init`", "`export KEYRING_BACKEND=file`"]) {
    assert(FILE_ADVICE.includes(line));
  }
});

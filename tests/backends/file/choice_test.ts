// @environment unit, windows

import { assert, assertEquals } from "@std/assert";
import { choose, describeStores } from "../../../src/choose.ts";
import { FILE_ADVICE } from "../../../src/errors.ts";
import { explain } from "../../../src/backends/secret_service/explain.ts";
import { SecretToolError } from "../../../src/backends/secret_service/secret_tool.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";
import { NO_FILE, Variables } from "../../support/variables.ts";

const NO_CHOICE = { ...NO_FILE, KEYRING_BACKEND: undefined, PYTHON_KEYRING_BACKEND: undefined };

Deno.test("an encrypted file is chosen by the environment or the config file, and by nothing else", async () => {
  await using encrypted = await TemporaryFile.create();
  using _ = new Variables({
    ...NO_CHOICE,
    KEYRING_FILE: encrypted.path,
    KEYRING_FILE_IDENTITY: encrypted.identityFile,
    XDG_CONFIG_HOME: encrypted.folder,
    LOCALAPPDATA: encrypted.folder,
  });
  assert((await choose()).id !== "file", "silently");
  {
    using _ = new Variables({ KEYRING_BACKEND: "file" });
    const { id, keyring } = await choose();
    assertEquals([id, await keyring.list()], ["file", []]);
  }
  const folder = Deno.build.os === "windows" ? "Python Keyring" : "python_keyring";
  await Deno.mkdir(`${encrypted.folder}/${folder}`);
  const config = "[backend]\ndefault-keyring=file\n";
  await Deno.writeTextFile(`${encrypted.folder}/${folder}/keyringrc.cfg`, config);
  const { id, by, keyring } = await choose();
  assertEquals([id, by.startsWith("config file"), await keyring.list()], ["file", true, []]);
});

Deno.test("an encrypted file is viable where there is one", async () => {
  await using encrypted = await TemporaryFile.create();
  const report = async () => (await describeStores()).find(({ id }) => id === "file");
  using _ = new Variables({ ...NO_FILE, KEYRING_FILE: encrypted.path });
  assertEquals((await report())?.viable, true);
  await Deno.remove(encrypted.path);
  const missing = await report();
  assertEquals(missing?.viable, false);
  assert(missing?.reason?.includes("keyring file init"), missing?.reason);
});

Deno.test("without a keyring, the lines that make and use an encrypted file are told", () => {
  for (const line of ["`keyring file init`", "`export KEYRING_BACKEND=file`"]) {
    assert(FILE_ADVICE.includes(line));
  }
  const errors = [
    new SecretToolError("no-bus", "made-up", 1),
    new SecretToolError("no-daemon", "made-up", 1),
    new Deno.errors.NotFound("made-up"),
  ];
  for (const error of errors) {
    assert(explain(error, "/usr/bin/secret-tool")?.advice?.endsWith(FILE_ADVICE), error.message);
  }
});

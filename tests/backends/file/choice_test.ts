import { assert, assertEquals } from "@std/assert";
import { choose, describeStores } from "../../../src/choose.ts";
import { VAULT_ADVICE } from "../../../src/errors.ts";
import { explain } from "../../../src/backends/secret_service/explain.ts";
import { SecretToolError } from "../../../src/backends/secret_service/secret_tool.ts";
import { TemporaryVault } from "../../support/temporary_file.ts";
import { NO_VAULT, Variables } from "../../support/variables.ts";

const NO_CHOICE = { ...NO_VAULT, KEYRING_BACKEND: undefined, PYTHON_KEYRING_BACKEND: undefined };

Deno.test("a vault is chosen by the environment or the config file, and by nothing else", async () => {
  await using vault = await TemporaryVault.create();
  using _ = new Variables({
    ...NO_CHOICE,
    KEYRING_VAULT: vault.path,
    KEYRING_VAULT_IDENTITY: vault.identityFile,
    XDG_CONFIG_HOME: vault.folder,
    LOCALAPPDATA: vault.folder,
  });
  assert((await choose()).id !== "vault", "silently");
  {
    using _ = new Variables({ KEYRING_BACKEND: "vault" });
    const { id, keyring } = await choose();
    assertEquals([id, await keyring.list()], ["vault", []]);
  }
  const folder = Deno.build.os === "windows" ? "Python Keyring" : "python_keyring";
  await Deno.mkdir(`${vault.folder}/${folder}`);
  const config = "[backend]\ndefault-keyring=vault\n";
  await Deno.writeTextFile(`${vault.folder}/${folder}/keyringrc.cfg`, config);
  const { id, by, keyring } = await choose();
  assertEquals([id, by.startsWith("config file"), await keyring.list()], ["vault", true, []]);
});

Deno.test("a vault is viable where there is one", async () => {
  await using vault = await TemporaryVault.create();
  const report = async () => (await describeStores()).find(({ id }) => id === "vault");
  using _ = new Variables({ ...NO_VAULT, KEYRING_VAULT: vault.path });
  assertEquals((await report())?.viable, true);
  await Deno.remove(vault.path);
  const missing = await report();
  assertEquals(missing?.viable, false);
  assert(missing?.reason?.includes("keyring vault init"), missing?.reason);
});

Deno.test("without a keyring, the lines that make and use a vault are told", () => {
  for (const line of ["`keyring vault init`", "`export KEYRING_BACKEND=vault`"]) {
    assert(VAULT_ADVICE.includes(line));
  }
  const errors = [
    new SecretToolError("no-bus", "made-up", 1),
    new SecretToolError("no-daemon", "made-up", 1),
    new Deno.errors.NotFound("made-up"),
  ];
  for (const error of errors) {
    assert(explain(error, "/usr/bin/secret-tool")?.advice?.endsWith(VAULT_ADVICE), error.message);
  }
});

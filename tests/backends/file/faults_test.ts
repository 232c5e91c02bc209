// @environment unit, windows

import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { FileFaults } from "../../support/file_faults.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";

const CRASHER = new URL("../../support/file_crasher.ts", import.meta.url).href;
const AFTER_A_WRITE = ["identity.txt", "keyring.age", "keyring.age.bak", "keyring.age.lock"];

for (const when of ["before", "after"]) {
  Deno.test(`a failure ${when} any call leaves the old encrypted file or the new one`, async () => {
    await using encrypted = await TemporaryFile.create();
    const keyring = encrypted.open();
    let value = "old";
    await keyring.setPassword("s", "u", value);
    for (let at = 0;; at++) {
      const calls = await failAt(at, when, () => keyring.setPassword("s", "u", `new ${at}`));
      const found = await keyring.getPassword("s", "u");
      assert(found === value || found === `new ${at}`, `${found} after a failure at ${at}`);
      value = found ?? "";
      if (calls <= at) break;
    }
    assertEquals(await encrypted.files(), AFTER_A_WRITE);
  });
}

/** Runs a write with one call failing, and tells how many calls it made. */
async function failAt(at: number, when: string, write: () => Promise<void>): Promise<number> {
  using faults = new FileFaults(at, when, () => {
    throw new Deno.errors.PermissionDenied("No space left on device (os error 28)");
  });
  await write().catch(() => {});
  return faults.calls;
}

for (const when of ["before", "after"]) {
  Deno.test(`a crash ${when} any call leaves the old encrypted file or the new one`, async () => {
    await using encrypted = await TemporaryFile.create();
    const keyring = encrypted.open();
    let value = "old";
    await keyring.setPassword("s", "u", value);
    let at = 0;
    for (let code = 9; code === 9; at++) {
      code = await crash([encrypted.path, encrypted.identityFile, `new ${at}`, `${at}`, when]);
      const found = await keyring.getPassword("s", "u");
      assert(found === value || found === `new ${at}`, `${found} after a crash at ${at}`);
      value = found ?? "";
      const backup = encrypted.open({
        path: `${encrypted.path}.bak`,
        identityFile: encrypted.identityFile,
      });
      assert((await backup.list()).length <= 1);
    }
    assertGreater(at, 15);
    await keyring.setPassword("s", "u", "at last");
    assertEquals(await encrypted.files(), AFTER_A_WRITE);
  });
}

async function crash(args: string[]): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--cached-only", CRASHER, ...args],
  }).output();
  return code;
}

Deno.test("what the system refuses is told with the file and the reason", async () => {
  await using encrypted = await TemporaryFile.create();
  const keyring = encrypted.open();
  const full = () => {
    throw new Error("No space left on device (os error 28): write");
  };
  for (let at = 0; at < 40; at++) {
    using faults = new FileFaults(at, "before", full);
    const error = await keyring.setPassword("s", "u", "made-up").then(() => null, (e) => e);
    if (error) assert(/^Cannot store the password of "u" for "s": /.test(error.message), error);
    if (faults.calls <= at) return;
  }
  throw new Error("It makes more calls than that");
});

Deno.test("the encrypted file before the last change is kept, encrypted", async () => {
  await using encrypted = await TemporaryFile.create();
  const keyring = encrypted.open();
  await keyring.setPassword("s", "u", "first");
  await keyring.setPassword("s", "u", "second");
  await Deno.writeTextFile(encrypted.path, "damaged");
  await assertRejects(() => keyring.setPassword("s", "u", "third"));
  assertEquals(await Deno.readTextFile(encrypted.path), "damaged");
  await Deno.rename(`${encrypted.path}.bak`, encrypted.path);
  assertEquals(await keyring.getPassword("s", "u"), "first");
});

// @environment unit, windows

import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import type { EncryptedFileKeyring } from "../../../file.ts";
import { FileFaults } from "../../support/file_faults.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";

const CRASHER = new URL("../../support/file_crasher.ts", import.meta.url).href;
const AFTER_A_WRITE = ["identity.txt", "keyring.age", "keyring.age.bak", "keyring.age.lock"];

/** Both are of one batch, so they are always the same. */
async function readBoth(keyring: EncryptedFileKeyring): Promise<string> {
  const [u, v] = [await keyring.getPassword("s", "u"), await keyring.getPassword("s", "v")];
  assertEquals(u, v);
  return u ?? "";
}

async function writeBoth(keyring: EncryptedFileKeyring, password: string): Promise<void> {
  await keyring.batch(async (opened) => {
    for (const username of ["u", "v"]) await opened.setPassword("s", username, password);
  });
}

Deno.test("what is written is on the disk before it has the file's name", async () => {
  await using temporary = await TemporaryFile.create();
  const steps: string[] = [];
  const { rename } = Deno;
  const { sync } = Deno.FsFile.prototype;
  Deno.rename = async (from, to) => {
    steps.push(`${to}`.endsWith(".bak") ? "kept" : "named");
    await rename(from, to);
  };
  Deno.FsFile.prototype.sync = async function () {
    steps.push("synced");
    await sync.call(this);
  };
  try {
    await temporary.open().setPassword("s", "u", "made-up");
  } finally {
    Deno.rename = rename;
    Deno.FsFile.prototype.sync = sync;
  }
  const folder = Deno.build.os === "windows" ? [] : ["synced"];
  assertEquals(steps, ["synced", "kept", "named", ...folder]);
});

for (const when of ["before", "after"]) {
  Deno.test(`a failure ${when} any call of a write leaves the old file or the new one`, async () => {
    await using temporary = await TemporaryFile.create();
    const keyring = temporary.open();
    let value = "old";
    await keyring.setPassword("s", "u", value);
    for (let at = 0;; at++) {
      const calls = await failAt(at, when, () => keyring.setPassword("s", "u", `new ${at}`));
      const found = await keyring.getPassword("s", "u");
      assert(found === value || found === `new ${at}`, `${found} after a failure at ${at}`);
      value = found ?? "";
      if (calls <= at) break;
    }
    assertEquals(await temporary.files(), AFTER_A_WRITE);
  });

  Deno.test(`a failure ${when} any call of a batch leaves the old file or the new one`, async () => {
    await using temporary = await TemporaryFile.create();
    const keyring = temporary.open();
    let value = "old";
    await writeBoth(keyring, value);
    for (let at = 0;; at++) {
      const calls = await failAt(at, when, () => writeBoth(keyring, `new ${at}`));
      const found = await readBoth(keyring);
      assert(found === value || found === `new ${at}`, `${found} after a failure at ${at}`);
      value = found;
      if (calls <= at) break;
    }
    assertEquals(await temporary.files(), AFTER_A_WRITE);
  });
}

/** Runs a write with one call failing; returns how many calls it made. */
async function failAt(at: number, when: string, write: () => Promise<void>): Promise<number> {
  using faults = new FileFaults(at, when, () => {
    throw new Deno.errors.PermissionDenied("No space left on device (os error 28)");
  });
  await write().catch(() => {});
  return faults.calls;
}

// A crash after one call leaves what one before the next leaves; where a start takes a second, one will do.
for (const when of Deno.build.os === "windows" ? ["before"] : ["before", "after"]) {
  Deno.test(`a crash ${when} any call of a batch leaves the old file or the new one, whole`, async () => {
    let next = 0;
    let isOver = false;
    // Several chains of crashes, each on a file of its own that is as the crash before left it.
    await Promise.all(Array.from({ length: 4 }, async () => {
      await using temporary = await TemporaryFile.create();
      const keyring = temporary.open();
      let value = "old";
      await writeBoth(keyring, value);
      while (!isOver) {
        const at = next++;
        const code = await crash([
          temporary.path,
          temporary.identityFile,
          `new ${at}`,
          `${at}`,
          when,
        ]);
        assert(code === 9 || code === 0, `${code} after a crash at ${at}`);
        if (code === 0) isOver = true;
        const found = await readBoth(keyring);
        assert(found === value || found === `new ${at}`, `${found} after a crash at ${at}`);
        value = found;
        const backup = temporary.open({
          path: `${temporary.path}.bak`,
          identityFile: temporary.identityFile,
        });
        assert([0, 2].includes((await backup.list()).length));
      }
      await keyring.setPassword("s", "u", "at last");
      assertEquals(await temporary.files(), AFTER_A_WRITE);
    }));
    assertGreater(next, 15);
  });
}

async function crash(args: string[]): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-check", "--cached-only", CRASHER, ...args],
  }).output();
  return code;
}

Deno.test("what the system refuses is reported with the operation", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
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

Deno.test("what the file was before the last change is kept, encrypted", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  await keyring.setPassword("s", "u", "first");
  await keyring.setPassword("s", "u", "second");
  await Deno.writeTextFile(temporary.path, "damaged");
  await assertRejects(() => keyring.setPassword("s", "u", "third"));
  assertEquals(await Deno.readTextFile(temporary.path), "damaged");
  await Deno.rename(`${temporary.path}.bak`, temporary.path);
  assertEquals(await keyring.getPassword("s", "u"), "first");
});

// @environment unit, windows

// What lies where the encrypted file, its lock, its backup or a key belongs, and is none.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { KeyringError } from "../../../src/errors.ts";
import { runToEnd } from "../../fixtures/command.ts";
import "../../support/cheap_scrypt.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";
import { NO_FILE, Variables } from "../../support/variables.ts";

const POSIX = { ignore: Deno.build.os === "windows" };

async function problemOf(call: () => Promise<unknown>): Promise<string> {
  return await call().then(() => "", (error: KeyringError) => error.message);
}

type Make = (path: string) => Promise<unknown>;

/** What is no file, and would block, never end, or lead elsewhere. */
const OBSTACLES: [string, Make][] = [
  ["a named pipe", (path) => runToEnd("mkfifo", ["-m", "600", path], "", {})],
  ["a device", (path) => Deno.symlink("/dev/zero", path)],
  ["a terminal", (path) => Deno.symlink("/dev/tty", path)],
  ["a folder", (path) => Deno.mkdir(path)],
];

for (const [name, make] of OBSTACLES) {
  Deno.test(`${name} in place of a file is refused at once`, POSIX, async () => {
    await using temporary = await TemporaryFile.create();
    const { folder, path, identityFile } = temporary;
    const obstacle = `${folder}/obstacle`;
    await make(obstacle);
    const locked = await TemporaryFile.locked("correct horse");
    using _ = new Variables({ ...NO_FILE, KEYRING_FILE_PASSPHRASE_FILE: obstacle });
    const keyrings = [
      temporary.open({ path: obstacle, identityFile }),
      temporary.open({ identityFile: obstacle }),
      locked.open({}),
    ];
    for (const keyring of keyrings) {
      for (const call of [() => keyring.list(), () => keyring.setPassword("s", "u", "made-up")]) {
        const message = await problemOf(call);
        assertStringIncludes(message, `"${obstacle}" is not a file`);
      }
    }
    const files = await temporary.files();
    assert((await problemOf(() => keyrings[0]?.create() ?? Promise.resolve())).includes("already"));
    const created = temporary.open({ path: `${folder}/new.age`, identityFile: obstacle });
    assertStringIncludes(await problemOf(() => created.create()), "is not a file");
    assertEquals(await temporary.files(), files);
    await locked[Symbol.asyncDispose]();

    await Deno.remove(`${path}.lock`);
    await Deno.rename(obstacle, `${path}.lock`);
    const keyring = temporary.open();
    const message = await problemOf(() => keyring.setPassword("s", "u", "made-up"));
    assertStringIncludes(message, `"${path}.lock" is not a plain file`);
    assertEquals(await keyring.list(), []);
  });
}

Deno.test("a lock that is a link is not followed", POSIX, async () => {
  await using temporary = await TemporaryFile.create();
  const { folder, path } = temporary;
  const lock = `${path}.lock`;
  for (const [target, exists] of [["notes", true], ["missing", false]] as const) {
    await Deno.remove(lock);
    if (exists) await Deno.writeTextFile(`${folder}/${target}`, "notes");
    await Deno.symlink(`${folder}/${target}`, lock);
    const call = () => temporary.open().setPassword("s", "u", "made-up");
    assertStringIncludes(await problemOf(call), `"${lock}" is not a plain file`);
    assertEquals((await temporary.files()).includes(target), exists);
  }
  await Deno.remove(lock);
  // A second name of another file is only locked.
  await Deno.link(`${folder}/notes`, lock);
  await temporary.open().setPassword("s", "u", "made-up");
  assertEquals(await Deno.readTextFile(`${folder}/notes`), "notes");
});

Deno.test("of what begins with the file's name, only our own leftovers are removed", async () => {
  await using temporary = await TemporaryFile.create();
  const { folder } = temporary;
  const uuid = crypto.randomUUID();
  const mine = ["tmp-", "tmp-1", "tmp-old", `tmp-${uuid}.txt`, `tmp-${uuid.toUpperCase()}`];
  for (const name of mine) await Deno.writeTextFile(`${folder}/keyring.age.${name}`, "mine");
  await Deno.mkdir(`${folder}/keyring.age.tmp-folder/inside`, { recursive: true });
  await Deno.mkdir(`${folder}/keyring.age.tmp-${crypto.randomUUID()}/inside`, { recursive: true });
  if (Deno.build.os !== "windows") {
    await Deno.symlink("/nowhere", `${folder}/keyring.age.tmp-${crypto.randomUUID()}`);
  }
  const before = await temporary.files();
  await Deno.writeTextFile(`${folder}/keyring.age.tmp-${crypto.randomUUID()}`, "left over");
  await temporary.open().setPassword("s", "u", "made-up");
  await temporary.open().setPassword("s", "u", "again");
  assertEquals(await temporary.files(), [...before, "keyring.age.bak"].sort());
});

Deno.test("a folder where the backup belongs is named before anything is written", async () => {
  await using temporary = await TemporaryFile.create();
  await Deno.mkdir(`${temporary.path}.bak`);
  const before = await temporary.files();
  const message = await problemOf(() => temporary.open().setPassword("s", "u", "made-up"));
  assertStringIncludes(message, `keyring.age.bak", where the backup belongs, is not a file`);
  assertEquals(await temporary.files(), before);
  await Deno.remove(`${temporary.path}.bak`);
  await temporary.open().setPassword("s", "u", "made-up");
});

Deno.test("a lock that becomes a link while it is opened is not taken", POSIX, async () => {
  await using temporary = await TemporaryFile.create();
  const { folder, path } = temporary;
  const [lock, notes] = [`${path}.lock`, `${folder}/notes`];
  await Deno.writeTextFile(notes, "made-up");
  const { open } = Deno;
  Deno.open = async (file, options) => {
    if (file === lock) {
      await Deno.remove(lock);
      await Deno.symlink(notes, lock);
    }
    return await open(file, options);
  };
  try {
    const call = () => temporary.open().setPassword("s", "u", "made-up");
    assertStringIncludes(await problemOf(call), `"${lock}" is not a plain file`);
  } finally {
    Deno.open = open;
  }
});

Deno.test("a link that changes between opening and saving loses nothing", POSIX, async () => {
  await using temporary = await TemporaryFile.create();
  const { folder, path, identityFile } = temporary;
  const other = temporary.open({ path: `${folder}/other.age`, identityFile });
  await other.create();
  await other.setPassword("s", "kept", "made-up");
  const link = `${folder}/link.age`;
  await Deno.symlink(path, link);
  await temporary.open({ path: link, identityFile }).batch(async (opened) => {
    await opened.setPassword("s", "u", "made-up");
    await Deno.remove(link);
    await Deno.symlink(`${folder}/other.age`, link);
  });
  assertEquals((await other.list()).map(({ username }) => username).sort(), ["kept", "u"]);
  assertEquals(await temporary.open().list(), []);
});

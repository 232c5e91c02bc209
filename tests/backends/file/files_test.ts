// @environment unit, windows

import { assert, assertEquals, assertRejects } from "@std/assert";
import { CorruptSecretError, KeyringError, NoKeyringError } from "../../../src/errors.ts";
import { newIdentity } from "../../../src/backends/file/age.ts";
import { fileLocation } from "../../../src/backends/file/location.ts";
import { writeNew } from "../../../src/backends/file/write.ts";
import { EncryptedFileKeyring } from "../../../file.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";
import { NO_FILE, Variables } from "../../support/variables.ts";

// Root's own could be one that the system delivers, which stays as readable as it is.
const KEY_MODE = Deno.build.os !== "windows" && Deno.uid() === 0 ? "go-w" : "600";
const POSIX_ONLY = { ignore: Deno.build.os === "windows" };

async function messageOf(call: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(call, KeyringError)).message;
}

Deno.test("create() makes a file for its owner alone, once", POSIX_ONLY, async () => {
  await using temporary = await TemporaryFile.empty();
  const path = `${temporary.folder}/new/folder/keyring.age`;
  const keyring = temporary.open({ path, identityFile: temporary.identityFile });
  await keyring.create();
  for (const [file, mode] of [[path, 0o600], [`${temporary.folder}/new/folder`, 0o700]] as const) {
    assertEquals(((await Deno.stat(file)).mode ?? 0) & 0o777, mode, file);
  }
  assertEquals(((await Deno.stat(temporary.identityFile)).mode ?? 0) & 0o777, 0o600);
  await keyring.setPassword("s", "u", "made-up");
  for (const name of ["keyring.age", "keyring.age.bak", "keyring.age.lock"]) {
    const { mode } = await Deno.stat(`${temporary.folder}/new/folder/${name}`);
    assertEquals((mode ?? 0) & 0o777, 0o600, name);
  }
  assert((await messageOf(() => keyring.create())).includes("there is already a file"));
  assertEquals(await keyring.getPassword("s", "u"), "made-up");
});

Deno.test(
  "a file or folder that others can use is refused, with the chmod that fixes it",
  POSIX_ONLY,
  async () => {
    await using temporary = await TemporaryFile.create();
    const cases: [path: string, bad: number, good: number, mend: string][] = [
      [temporary.path, 0o640, 0o600, `chmod 600 ${temporary.path}`],
      [temporary.path, 0o602, 0o600, `chmod 600 ${temporary.path}`],
      [temporary.identityFile, 0o606, 0o600, `chmod ${KEY_MODE} ${temporary.identityFile}`],
      [temporary.folder, 0o770, 0o700, `chmod go-w ${temporary.folder}`],
      [temporary.folder, 0o1777, 0o755, "in a separate folder"],
    ];
    const keyring = temporary.open();
    for (const [path, bad, good, mend] of cases) {
      await Deno.chmod(path, bad);
      const calls = [() => keyring.list(), () => keyring.setPassword("s", "u", "made-up")];
      for (const call of calls) {
        const message = await messageOf(call);
        assert(message.includes(mend) && message.includes(path), message);
      }
      await Deno.chmod(path, good);
      assertEquals(await keyring.list(), []);
    }
  },
);

Deno.test(
  "the default folder is refused when others can look into it",
  POSIX_ONLY,
  async () => {
    await using temporary = await TemporaryFile.empty();
    const home = { XDG_DATA_HOME: temporary.folder, HOME: temporary.folder };
    using _ = new Variables({ ...NO_FILE, ...home });
    const keyring = new EncryptedFileKeyring({ identityFile: temporary.identityFile });
    await keyring.create();
    const folder = keyring.path.slice(0, -"/keyring.age".length);
    assert(folder.endsWith("/os-keyring"));
    await Deno.chmod(folder, 0o750);
    const message = await messageOf(() => keyring.list());
    assert(message.includes(`chmod 700 ${folder}`) || message.includes(`'${folder}'`), message);
  },
);

Deno.test("the default path is where the system keeps a user's data", () => {
  const names = ["KEYRING_FILE", "XDG_DATA_HOME", "HOME", "LOCALAPPDATA"];
  using _ = new Variables(Object.fromEntries(names.map((name) => [name, `/${name}`])));
  assertEquals(fileLocation("linux"), { path: "/KEYRING_FILE", own: false });
  Deno.env.delete("KEYRING_FILE");
  const path = (os: typeof Deno.build.os) => fileLocation(os)?.path;
  assertEquals(path("linux"), "/XDG_DATA_HOME/os-keyring/keyring.age");
  assertEquals(path("windows"), "/LOCALAPPDATA\\os-keyring\\keyring.age");
  assertEquals(path("darwin"), "/HOME/Library/Application Support/os-keyring/keyring.age");
  Deno.env.delete("XDG_DATA_HOME");
  assertEquals(path("linux"), "/HOME/.local/share/os-keyring/keyring.age");
});

Deno.test("a missing file is reported with the command that creates one", async () => {
  await using temporary = await TemporaryFile.empty();
  const keyring = temporary.open();
  const calls = [
    () => keyring.getPassword("s", "u"),
    () => keyring.setPassword("s", "u", "made-up"),
    () => keyring.deletePassword("s", "u"),
    () => keyring.list(),
  ];
  for (const call of calls) {
    const error = await assertRejects(call, NoKeyringError);
    assert(error.message.includes(temporary.path) && error.message.includes("keyring file init"));
  }
  assertEquals(await temporary.files(), []);
});

Deno.test("a file of another kind is reported and left as it is", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  for (
    const text of ["", "my notes", "age-encryption.org/v1", "-----BEGIN AGE ENCRYPTED FILE-----"]
  ) {
    await Deno.writeTextFile(temporary.path, text);
    const calls = [
      () => keyring.getPassword("s", "u"),
      () => keyring.setPassword("s", "u", "made-up"),
      () => keyring.changeRecipients({ add: [] }),
    ];
    for (const call of calls) {
      const error = await assertRejects(call, CorruptSecretError);
      assert(error.message.includes(temporary.path), error.message);
    }
    await assertRejects(() => keyring.create(), KeyringError);
    assertEquals(await Deno.readTextFile(temporary.path), text);
  }
});

Deno.test("a file that is far too large, or a folder, is refused before it is read", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  await Deno.truncate(temporary.path, 200 * 1024 * 1024);
  assert((await messageOf(() => keyring.list())).includes("bytes"));
  await Deno.remove(temporary.path);
  await Deno.mkdir(temporary.path);
  await messageOf(() => keyring.list());
});

Deno.test(
  "a file behind a symbolic link is replaced where it is",
  POSIX_ONLY,
  async () => {
    await using temporary = await TemporaryFile.create();
    const { identityFile } = temporary;
    const folder = `${temporary.folder}/real`;
    const path = `${folder}/team.age`;
    await Deno.mkdir(folder, { mode: 0o700 });
    await Deno.rename(temporary.path, path);
    await Deno.symlink(path, temporary.path);
    const keyrings = [temporary.open(), temporary.open({ path, identityFile })];
    // By either name at the same time: there is one lock for both.
    await Promise.all(Array.from({ length: 20 }, (_, index) => {
      return keyrings[index % 2]?.setPassword("s", `user ${index}`, "made-up");
    }));
    assert((await Deno.lstat(temporary.path)).isSymlink);
    for (const keyring of keyrings) assertEquals((await keyring.list()).length, 20);
    await Deno.chmod(folder, 0o777);
    assert((await messageOf(() => temporary.open().list())).includes(`chmod go-w ${folder}`));
  },
);

Deno.test("no file is created where others could exchange it", POSIX_ONLY, async () => {
  await using temporary = await TemporaryFile.empty();
  await Deno.chmod(temporary.folder, 0o777);
  assert((await messageOf(() => temporary.open().create())).includes("chmod go-w"));
  assertEquals(await temporary.files(), []);
});

Deno.test("a file that exists is not overwritten by a new one", async () => {
  await using temporary = await TemporaryFile.empty();
  await Deno.writeTextFile(temporary.identityFile, "there before");
  await assertRejects(() => writeNew(temporary.identityFile, new Uint8Array(1)));
  assertEquals(await Deno.readTextFile(temporary.identityFile), "there before");
});

const AS_ROOT = { ignore: Deno.build.os === "windows" || Deno.uid() !== 0 };

Deno.test("root does not take over a user's file by writing to it", AS_ROOT, async () => {
  await using temporary = await TemporaryFile.create();
  await Deno.chown(temporary.path, 12345, 12345);
  const store = () => temporary.open().setPassword("s", "u", "made-up");
  assert((await messageOf(store)).includes("uid 12345"));
  using _ = new Variables({ KEYRING_FILE_TRUST_PERMISSIONS: "1" });
  const message = await messageOf(store);
  assert(message.includes("belongs to uid 12345"), message);
  assertEquals((await Deno.stat(temporary.path)).uid, 12345);
  assertEquals(await temporary.open().list(), []);
  assert((await temporary.files()).every((name) => !name.includes(".tmp-")));
});

const MEBIBYTE = 1024 * 1024;

Deno.test("a secret of 16 MiB comes back, as text and as bytes", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  const bytes = new Uint8Array(16 * MEBIBYTE);
  for (let at = 0; at < bytes.length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  await keyring.setSecret("s", "bytes", bytes);
  const text = "\0é🔑\x1f".repeat(2 * MEBIBYTE);
  await keyring.setPassword("s", "text", text);
  // Not assertEquals, which would print them.
  const found = await keyring.getSecret("s", "bytes");
  assert(found?.length === bytes.length && found.every((byte, index) => byte === bytes[index]));
  assert(await keyring.getPassword("s", "text") === text);
});

Deno.test("a file that would grow too large to be read is not written", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  await keyring.setPassword("s", "u", "old");
  const secret = new Uint8Array(100 * MEBIBYTE).fill(0xff);
  assert((await messageOf(() => keyring.setSecret("s", "u", secret))).includes("bytes"));
  assertEquals(await keyring.getPassword("s", "u"), "old");
});

Deno.test("a document is accepted only when every part of it is known", async () => {
  await using temporary = await TemporaryFile.create();
  const { encrypt, recipientOf } = await import("../../../src/backends/file/age.ts");
  const identity = (await Deno.readTextFile(temporary.identityFile)).split("\n")[2] ?? "";
  const recipient = await recipientOf(identity) ?? "";
  const whole = { format: "os-keyring-file", version: 1, recipients: [], entries: [] };
  const entry = { service: "s", username: "u", password: "made-up" };
  const bad: [unknown, string][] = [
    ["made-up", "format"],
    [{ ...whole, format: "other" }, "format"],
    [{ ...whole, version: 2 }, "version 2"],
    [{ ...whole, extra: "made-up" }, "does not know"],
    [{ ...whole, recipients: [1] }, "recipients"],
    [{ ...whole, entries: {} }, "entries"],
    [{ ...whole, entries: [{ ...entry, extra: 1 }] }, "entry 1"],
    [{ ...whole, entries: [{ ...entry, secret: "" }] }, "entry 1"],
    [{ ...whole, entries: [{ ...entry, service: "" }] }, "entry 1"],
    [{ ...whole, entries: [{ ...entry, username: 7 }] }, "entry 1"],
    [{ ...whole, entries: [{ ...entry, modified: "made-up" }] }, "entry 1"],
    [{ ...whole, entries: [entry, entry] }, "twice"],
  ];
  const texts = [...bad.map(([value, text]) => [JSON.stringify(value), text]), [
    '{"made-up',
    "not JSON",
  ]];
  for (const [json = "", text = ""] of texts) {
    const file = await encrypt(new TextEncoder().encode(json), [recipient]);
    await Deno.writeFile(temporary.path, file);
    for (
      const call of [
        () => temporary.open().list(),
        () => temporary.open().setPassword("a", "b", "c"),
      ]
    ) {
      const error = await assertRejects(call, CorruptSecretError);
      assert(error.message.includes(text) && error.message.includes(temporary.path), error.message);
      assert(!Deno.inspect(error).includes("made-up"), Deno.inspect(error));
    }
    assertEquals(await Deno.readFile(temporary.path), file);
  }
});

Deno.test("an identity that is not a recipient opens nothing", async () => {
  await using temporary = await TemporaryFile.create();
  await Deno.writeTextFile(temporary.identityFile, await newIdentity());
  const message = await messageOf(() => temporary.open().list());
  assert(message.includes("none of the identities"), message);
});

// @environment unit, windows

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { KeyringError, KeyringLockedError } from "../../../src/errors.ts";
import { newIdentity, recipientOf } from "../../../src/backends/file/age.ts";
import {
  EncryptedFileKeyring,
  type EncryptedFileOptions,
  type PassphraseRequest,
} from "../../../file.ts";
import { requested } from "../../support/cheap_scrypt.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";
import { NO_FILE, Variables } from "../../support/variables.ts";
import { utf16 } from "../../fixtures/utf16.ts";

async function messageOf(call: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(call, KeyringError)).message;
}

async function newRecipient(): Promise<string> {
  return await recipientOf(await newIdentity()) ?? "";
}

Deno.test("a passphrase opens the file, wherever it comes from", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  const file = `${temporary.folder}/passphrase`;
  await Deno.writeTextFile(file, "correct horse\n", { mode: 0o600 });
  const asked: PassphraseRequest[] = [];
  const ask = (request: PassphraseRequest) => {
    asked.push(request);
    return Promise.resolve("correct horse");
  };
  // Each has precedence over the next, which would not open the file.
  const cases: [Record<string, string>, EncryptedFileOptions][] = [
    [{ KEYRING_FILE_PASSPHRASE: "wrong" }, { passphrase: "correct horse" }],
    [{ KEYRING_FILE_PASSPHRASE_FILE: file, KEYRING_FILE_PASSPHRASE: "wrong" }, {}],
    [{ KEYRING_FILE_PASSPHRASE: "correct horse" }, {
      passphrase: () => Promise.reject(new Error("It asked")),
    }],
    [{}, { passphrase: ask }],
  ];
  for (const [variables, options] of cases) {
    // The identity does not fit, and is not used.
    const identity = { KEYRING_FILE_IDENTITY: temporary.identityFile };
    using _ = new Variables({ ...NO_FILE, ...identity, ...variables });
    assertEquals(await temporary.open(options).list(), []);
  }
  assertEquals(asked, [{ path: temporary.path, isNew: false }]);
});

Deno.test("a new file is for the identity when there are both an identity and a passphrase", async () => {
  await using temporary = await TemporaryFile.empty();
  using _ = new Variables({
    ...NO_FILE,
    KEYRING_FILE: temporary.path,
    KEYRING_FILE_IDENTITY: temporary.identityFile,
    KEYRING_FILE_PASSPHRASE: "correct horse",
  });
  const keyring = new EncryptedFileKeyring();
  const [recipient = "", ...others] = await keyring.create();
  assertEquals(others, []);
  assert(
    (await Deno.readTextFile(temporary.identityFile)).includes(`# public key: ${recipient}\n`),
  );
  await keyring.setPassword("s", "u", "made-up");
  assertEquals(await new EncryptedFileKeyring().getPassword("s", "u"), "made-up");
});

Deno.test("a key that is missing or wrong is reported with the ways to give one", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  using _ = new Variables(NO_FILE);
  const locked = async (options: EncryptedFileOptions, text: string) => {
    for (const call of ["get", "set"]) {
      const keyring = temporary.open(options);
      const error = await assertRejects(
        () => call === "get" ? keyring.list() : keyring.setPassword("s", "u", "made-up"),
        KeyringLockedError,
      );
      assert(error.message.includes(text), error.message);
      assert(!error.message.includes("wrong horse"), error.message);
    }
  };
  await locked({}, "KEYRING_FILE_PASSPHRASE_FILE");
  await locked({ passphrase: "wrong horse" }, "the passphrase does not open the encrypted file");
  await locked({ passphrase: "" }, "is empty");
  await locked({ passphrase: () => Promise.resolve("") }, "is empty");
  await using other = await TemporaryFile.create();
  const message = await messageOf(() => other.open({ passphrase: "correct horse" }).list());
  assert(message.includes("KEYRING_FILE_IDENTITY"), message);
});

Deno.test("a file that holds no key is named", async () => {
  await using temporary = await TemporaryFile.create();
  const cases: [string, string][] = [
    ["", "holds no identity"],
    ["# only a comment\n", "holds no identity"],
    ["AGE-SECRET-KEY-1MADEUP", "contains something else"],
    [`AGE-SECRET-KEY-1${"Q".repeat(58)}`, "checksum is wrong"],
    ["-----BEGIN OPENSSH PRIVATE KEY-----", "contains something else"],
    ["x".repeat(100_000), "is too large"],
  ];
  for (const [text, reason] of cases) {
    await Deno.writeTextFile(temporary.identityFile, text);
    const message = await messageOf(() => temporary.open().list());
    assert(message.includes(reason) && !/MADEUP|QQQ/.test(message), message);
  }
  await Deno.writeFile(temporary.identityFile, new Uint8Array([0xff, 0x41]));
  assert((await messageOf(() => temporary.open().list())).includes("is not text"));
  await Deno.remove(temporary.identityFile);
  assert((await messageOf(() => temporary.open().list())).includes("there is no file at"));
  // Only create() makes one.
  assertEquals(await temporary.files(), ["keyring.age", "keyring.age.lock"]);
});

Deno.test("the passphrase in a file is all of it except one trailing newline", async () => {
  await using temporary = await TemporaryFile.locked(" two words ");
  const file = `${temporary.folder}/passphrase`;
  using _ = new Variables({ ...NO_FILE, KEYRING_FILE_PASSPHRASE_FILE: file });
  await Deno.writeTextFile(file, " two words \r\n", { mode: 0o600 });
  assertEquals(await temporary.open({}).list(), []);
  await Deno.writeTextFile(file, " two words \n\n");
  await assertRejects(() => temporary.open({}).list(), KeyringLockedError);
});

Deno.test("a passphrase or identity file may be what Notepad or PowerShell writes", async () => {
  await using locked = await TemporaryFile.locked("pässword");
  await using temporary = await TemporaryFile.create();
  const identity = await Deno.readTextFile(temporary.identityFile);
  const file = `${locked.folder}/passphrase`;
  using _ = new Variables({ ...NO_FILE, KEYRING_FILE_PASSPHRASE_FILE: file });
  const encodings = [(text: string) => new TextEncoder().encode(text), utf16];
  for (const encode of encodings) {
    await Deno.writeFile(file, encode("\ufeffpässword\r\n"), { mode: 0o600 });
    assertEquals(await locked.open({}).list(), []);
    await Deno.writeFile(temporary.identityFile, encode(`\ufeff${identity}`));
    assertEquals(await temporary.open().list(), []);
  }
  for (const bytes of [utf16("pässword"), new TextEncoder().encode("a\0b")]) {
    await Deno.writeFile(file, bytes);
    assert((await messageOf(() => locked.open({}).list())).includes("is not text: line 1 "));
  }
  for (const empty of ["", "\ufeff", "\ufeff\r\n"]) {
    await Deno.writeTextFile(file, empty);
    assert((await messageOf(() => locked.open({}).list())).includes("passphrase of"));
  }
});

Deno.test("a changed passphrase: the old one does not open the backup, either", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  const old = temporary.open({ passphrase: "correct horse" });
  await old.changePassphrase(({ isNew }) => Promise.resolve(isNew ? "battery" : ""));
  for (const path of [temporary.path, `${temporary.path}.bak`]) {
    await assertRejects(() => temporary.open({ path, passphrase: "correct horse" }).list());
    assertEquals(await temporary.open({ path, passphrase: "battery" }).list(), []);
  }
  await assertRejects(() => temporary.open({ passphrase: "battery" }).changePassphrase(""));
  assert((await messageOf(() =>
    temporary.open({ passphrase: "battery" }).changeRecipients({
      add: [temporary.path],
    })
  )).includes("is not a recipient"));
  const recipient = await newRecipient();
  for (
    const call of [
      () => temporary.open({ passphrase: "battery" }).changeRecipients({ add: [recipient] }),
      () =>
        temporary.open({ path: `${temporary.path}.2`, passphrase: "b" }).create({
          recipients: [recipient],
        }),
    ]
  ) {
    assert((await messageOf(call)).includes("either a passphrase or recipients"));
  }
});

Deno.test("a team shares a file, and a removed recipient cannot open it any more", async () => {
  await using temporary = await TemporaryFile.empty();
  const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) =>
    `${temporary.folder}/${name}`
  );
  const identities = await Promise.all([newIdentity(), newIdentity()]);
  const [ofBob = "", ofCarol = ""] = await Promise.all(identities.map(recipientOf));
  await Deno.writeTextFile(bob ?? "", identities[0] ?? "", { mode: 0o600 });
  await Deno.writeTextFile(carol ?? "", identities[1] ?? "", { mode: 0o600 });
  const open = (identityFile = "") => temporary.open({ identityFile });

  const [ofAlice = ""] = await open(alice).create({ recipients: [ofBob] });
  await open(bob).changeRecipients({ add: [ofAlice] });
  await open(bob).setPassword("s", "u", "by bob");
  assertEquals(await open(alice).getPassword("s", "u"), "by bob");
  await assertRejects(() => open(carol).list(), KeyringLockedError);
  await open(alice).changeRecipients({ add: [ofCarol, ofCarol], remove: [ofBob] });
  assertEquals((await open(carol).recipients()).toSorted(), [ofAlice, ofCarol].toSorted());
  for (const path of [temporary.path, `${temporary.path}.bak`]) {
    await assertRejects(
      () => temporary.open({ path, identityFile: bob ?? "" }).list(),
      KeyringLockedError,
    );
  }
  assert((await messageOf(() => open(carol).changeRecipients({ remove: [ofCarol] })))
    .includes("opened the encrypted file"));
  assert((await messageOf(() => open(carol).changeRecipients({ remove: [ofBob] })))
    .includes("is not a recipient of"));
  assert((await messageOf(() => open(carol).changePassphrase("x"))).includes("has recipients"));
  assertEquals(await open(alice).getPassword("s", "u"), "by bob");
});

Deno.test("with cacheSeconds the passphrase is asked for once, and changes by others are seen", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  let asked = 0;
  const passphrase = () => {
    asked++;
    return Promise.resolve(asked < 3 ? "correct horse" : "battery");
  };
  const cached = temporary.open({ passphrase, cacheSeconds: 600 });
  await cached.setPassword("s", "u", "mine");
  for (let count = 0; count < 100; count++) {
    assertEquals(await cached.getPassword("s", "u"), "mine");
  }
  assertEquals(asked, 1);
  const other = temporary.open({ passphrase: "correct horse" });
  await other.setPassword("s", "u", "of another");
  assertEquals(await cached.getPassword("s", "u"), "of another");
  assertEquals(asked, 1);
  cached.forget();
  assertEquals(await cached.getPassword("s", "u"), "of another");
  assertEquals(asked, 2);
  await other.changePassphrase("battery");
  assertEquals(await cached.getPassword("s", "u"), "of another");
  assertEquals(asked, 3);
  cached.forget();
});

Deno.test("nothing is kept without cacheSeconds, and with it not for longer", async () => {
  await using temporary = await TemporaryFile.create();
  const always = temporary.open();
  const briefly = temporary.open({ identityFile: temporary.identityFile, cacheSeconds: 2 });
  await briefly.setPassword("s", "u", "made-up");
  await Deno.remove(temporary.identityFile);
  await assertRejects(() => always.getPassword("s", "u"), KeyringLockedError);
  assertEquals(await briefly.getPassword("s", "u"), "made-up");
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await assertRejects(() => briefly.getPassword("s", "u"), KeyringLockedError);
});

Deno.test("a guess of a passphrase takes as much work as asked, and never less than age's", async () => {
  await using temporary = await TemporaryFile.empty();
  const open = (workFactor?: number) =>
    temporary.open({ passphrase: "correct horse", ...(workFactor && { workFactor }) });
  requested.length = 0;
  await open().create();
  await open(20).setPassword("s", "u", "made-up");
  await open(19).changePassphrase("battery");
  assertEquals(requested, [18, 20, 19]);
});

Deno.test("options out of range are refused", () => {
  for (const workFactor of [17, 21, NaN]) {
    assertThrows(() => new EncryptedFileKeyring({ workFactor }));
  }
  for (const cacheSeconds of [-1, NaN]) {
    assertThrows(() => new EncryptedFileKeyring({ cacheSeconds }));
  }
});

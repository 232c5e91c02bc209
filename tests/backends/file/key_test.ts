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

async function messageOf(call: () => Promise<unknown>): Promise<string> {
  return (await assertRejects(call, KeyringError)).message;
}

async function withPassphrase(passphrase: string): Promise<TemporaryFile> {
  const encrypted = await TemporaryFile.empty();
  assertEquals(await encrypted.open({ passphrase }).create(), []);
  return encrypted;
}

async function newRecipient(): Promise<string> {
  return await recipientOf(await newIdentity()) ?? "";
}

Deno.test("an encrypted file with a passphrase opens with it, from wherever it comes", async () => {
  await using encrypted = await withPassphrase("correct horse");
  const file = `${encrypted.folder}/passphrase`;
  await Deno.writeTextFile(file, "correct horse\n", { mode: 0o600 });
  const asked: PassphraseRequest[] = [];
  const ask = (request: PassphraseRequest) => {
    asked.push(request);
    return Promise.resolve("correct horse");
  };
  // Each comes before those after it, which would not open the encrypted file.
  const cases: [Record<string, string>, EncryptedFileOptions][] = [
    [{ KEYRING_FILE_PASSPHRASE: "wrong" }, { passphrase: "correct horse" }],
    [{ KEYRING_FILE_PASSPHRASE_FILE: file, KEYRING_FILE_PASSPHRASE: "wrong" }, {}],
    [{ KEYRING_FILE_PASSPHRASE: "correct horse" }, {
      passphrase: () => Promise.reject(new Error("It asked")),
    }],
    [{}, { passphrase: ask }],
  ];
  for (const [variables, options] of cases) {
    // The identity does not fit, and does no harm.
    const identity = { KEYRING_FILE_IDENTITY: encrypted.identityFile };
    using _ = new Variables({ ...NO_FILE, ...identity, ...variables });
    assertEquals(await encrypted.open(options).list(), []);
  }
  assertEquals(asked, [{ path: encrypted.path, isNew: false }]);
});

Deno.test("an encrypted file is for the identity when there is both an identity and a passphrase", async () => {
  await using encrypted = await TemporaryFile.empty();
  using _ = new Variables({
    ...NO_FILE,
    KEYRING_FILE: encrypted.path,
    KEYRING_FILE_IDENTITY: encrypted.identityFile,
    KEYRING_FILE_PASSPHRASE: "correct horse",
  });
  const keyring = new EncryptedFileKeyring();
  const [recipient = "", ...others] = await keyring.create();
  assertEquals(others, []);
  assert(
    (await Deno.readTextFile(encrypted.identityFile)).includes(`# public key: ${recipient}\n`),
  );
  await keyring.setPassword("s", "u", "made-up");
  assertEquals(await new EncryptedFileKeyring().getPassword("s", "u"), "made-up");
});

Deno.test("a key that is missing, wrong or none is told with the ways to give one", async () => {
  await using encrypted = await withPassphrase("correct horse");
  using _ = new Variables(NO_FILE);
  const locked = async (options: EncryptedFileOptions, text: string) => {
    for (const call of ["get", "set"]) {
      const keyring = encrypted.open(options);
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

Deno.test("a file that is no key is named", async () => {
  await using encrypted = await TemporaryFile.create();
  const cases: [string, string][] = [
    ["", "holds no identity"],
    ["# only a comment\n", "holds no identity"],
    ["AGE-SECRET-KEY-1MADEUP", "holds something else"],
    [`AGE-SECRET-KEY-1${"Q".repeat(58)}`, "check sum is wrong"],
    ["-----BEGIN OPENSSH PRIVATE KEY-----", "holds something else"],
    ["x".repeat(100_000), "is too large"],
  ];
  for (const [text, reason] of cases) {
    await Deno.writeTextFile(encrypted.identityFile, text);
    const message = await messageOf(() => encrypted.open().list());
    assert(message.includes(reason) && !/MADEUP|QQQ/.test(message), message);
  }
  await Deno.writeFile(encrypted.identityFile, new Uint8Array([0xff, 0xfe]));
  assert((await messageOf(() => encrypted.open().list())).includes("is not text"));
  await Deno.remove(encrypted.identityFile);
  assert((await messageOf(() => encrypted.open().list())).includes("there is no file at"));
  // Only create() makes one.
  assertEquals(await encrypted.files(), ["keyring.age", "keyring.age.lock"]);
});

Deno.test("the passphrase in a file is all of it but the newline at the end", async () => {
  await using encrypted = await withPassphrase(" two words ");
  const file = `${encrypted.folder}/passphrase`;
  using _ = new Variables({ ...NO_FILE, KEYRING_FILE_PASSPHRASE_FILE: file });
  await Deno.writeTextFile(file, " two words \r\n", { mode: 0o600 });
  assertEquals(await encrypted.open({}).list(), []);
  await Deno.writeTextFile(file, " two words \n\n");
  await assertRejects(() => encrypted.open({}).list(), KeyringLockedError);
});

Deno.test("a passphrase is changed, and the old one opens not even the backup", async () => {
  await using encrypted = await withPassphrase("correct horse");
  const old = encrypted.open({ passphrase: "correct horse" });
  await old.changePassphrase(({ isNew }) => Promise.resolve(isNew ? "battery" : ""));
  for (const path of [encrypted.path, `${encrypted.path}.bak`]) {
    await assertRejects(() => encrypted.open({ path, passphrase: "correct horse" }).list());
    assertEquals(await encrypted.open({ path, passphrase: "battery" }).list(), []);
  }
  await assertRejects(() => encrypted.open({ passphrase: "battery" }).changePassphrase(""));
  assert((await messageOf(() =>
    encrypted.open({ passphrase: "battery" }).changeRecipients({
      add: [encrypted.path],
    })
  )).includes("is not a recipient"));
  const recipient = await newRecipient();
  for (
    const call of [
      () => encrypted.open({ passphrase: "battery" }).changeRecipients({ add: [recipient] }),
      () =>
        encrypted.open({ path: `${encrypted.path}.2`, passphrase: "b" }).create({
          recipients: [recipient],
        }),
    ]
  ) {
    assert((await messageOf(call)).includes("either a passphrase or recipients"));
  }
});

Deno.test("a team shares an encrypted file, and who leaves it is out from then on", async () => {
  await using encrypted = await TemporaryFile.empty();
  const [alice, bob, carol] = ["alice", "bob", "carol"].map((name) =>
    `${encrypted.folder}/${name}`
  );
  const identities = await Promise.all([newIdentity(), newIdentity()]);
  const [ofBob = "", ofCarol = ""] = await Promise.all(identities.map(recipientOf));
  await Deno.writeTextFile(bob ?? "", identities[0] ?? "", { mode: 0o600 });
  await Deno.writeTextFile(carol ?? "", identities[1] ?? "", { mode: 0o600 });
  const open = (identityFile = "") => encrypted.open({ identityFile });

  const [ofAlice = ""] = await open(alice).create({ recipients: [ofBob] });
  await open(bob).setPassword("s", "u", "by bob");
  assertEquals(await open(alice).getPassword("s", "u"), "by bob");
  await assertRejects(() => open(carol).list(), KeyringLockedError);
  await open(alice).changeRecipients({ add: [ofCarol, ofCarol], remove: [ofBob] });
  assertEquals((await open(carol).recipients()).toSorted(), [ofAlice, ofCarol].toSorted());
  for (const path of [encrypted.path, `${encrypted.path}.bak`]) {
    await assertRejects(
      () => encrypted.open({ path, identityFile: bob ?? "" }).list(),
      KeyringLockedError,
    );
  }
  assert((await messageOf(() => open(carol).changeRecipients({ remove: [ofCarol] })))
    .includes("opened the encrypted file"));
  assert((await messageOf(() => open(carol).changeRecipients({ remove: [ofBob] })))
    .includes("is no recipient"));
  assert((await messageOf(() => open(carol).changePassphrase("x"))).includes("has recipients"));
  assertEquals(await open(alice).getPassword("s", "u"), "by bob");
});

Deno.test("with cacheSeconds an encrypted file asks once, and sees what others write", async () => {
  await using encrypted = await withPassphrase("correct horse");
  let asked = 0;
  const passphrase = () => {
    asked++;
    return Promise.resolve(asked < 3 ? "correct horse" : "battery");
  };
  const cached = encrypted.open({ passphrase, cacheSeconds: 60 });
  await cached.setPassword("s", "u", "mine");
  for (let count = 0; count < 100; count++) {
    assertEquals(await cached.getPassword("s", "u"), "mine");
  }
  assertEquals(asked, 1);
  const other = encrypted.open({ passphrase: "correct horse" });
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

Deno.test("without cacheSeconds an encrypted file keeps nothing, and with it not for longer", async () => {
  await using encrypted = await TemporaryFile.create();
  const always = encrypted.open();
  const briefly = encrypted.open({ identityFile: encrypted.identityFile, cacheSeconds: 2 });
  await briefly.setPassword("s", "u", "made-up");
  await Deno.remove(encrypted.identityFile);
  await assertRejects(() => always.getPassword("s", "u"), KeyringLockedError);
  assertEquals(await briefly.getPassword("s", "u"), "made-up");
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  await assertRejects(() => briefly.getPassword("s", "u"), KeyringLockedError);
});

Deno.test("a passphrase is made as expensive to guess as asked, and never cheaper than age's", async () => {
  await using encrypted = await TemporaryFile.empty();
  const open = (workFactor?: number) =>
    encrypted.open({ passphrase: "correct horse", ...(workFactor && { workFactor }) });
  requested.length = 0;
  await open().create();
  await open(20).setPassword("s", "u", "made-up");
  await open(19).changePassphrase("battery");
  assertEquals(requested, [18, 20, 19]);
});

Deno.test("options that mean nothing are refused", () => {
  for (const workFactor of [17, 21, NaN]) {
    assertThrows(() => new EncryptedFileKeyring({ workFactor }));
  }
  for (const cacheSeconds of [-1, NaN]) {
    assertThrows(() => new EncryptedFileKeyring({ cacheSeconds }));
  }
});

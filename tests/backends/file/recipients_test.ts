// @environment unit, windows

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CorruptSecretError, KeyringError } from "../../../src/errors.ts";
import { encrypt, newIdentity, recipientOf } from "../../../src/backends/file/age.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";

async function newRecipient(): Promise<string> {
  return await recipientOf(await newIdentity()) ?? "";
}

async function problemOf(call: () => Promise<unknown>): Promise<string> {
  return await call().then(() => "", (error: KeyringError) => error.message);
}

/** Puts a file in place that lists these recipients, as anyone can who can exchange it. */
async function plant(temporary: TemporaryFile, recipients: readonly string[]): Promise<Uint8Array> {
  const text = { format: "os-keyring-file", version: 1, recipients, entries: [] };
  const identity = (await Deno.readTextFile(temporary.identityFile)).split("\n")[2] ?? "";
  const own = await recipientOf(identity) ?? "";
  const file = await encrypt(new TextEncoder().encode(JSON.stringify(text)), [own]);
  await Deno.writeFile(temporary.path, file);
  return file;
}

Deno.test("nothing is encrypted for a recipient that somebody planted", async () => {
  await using temporary = await TemporaryFile.create();
  const list = `${temporary.identityFile}.recipients`;
  const [planted, known] = [await newRecipient(), await newRecipient()];
  await temporary.open().changeRecipients({ add: [known] });
  for (const recipients of [[planted], [known, planted], [planted, await newRecipient()]]) {
    const file = await plant(temporary, recipients);
    const keyring = temporary.open();
    const calls = [
      () => keyring.setPassword("s", "u", "made-up"),
      () => keyring.batch((opened) => opened.setSecret("s", "u", new Uint8Array(1))),
      () => keyring.changeRecipients({ add: [known] }),
    ];
    for (const call of calls) {
      const message = await problemOf(call);
      for (const text of [planted, `"${list}"`, `--add ${planted}`, `--remove ${planted}`]) {
        assertStringIncludes(message, text);
      }
      assert(!message.includes(`--add ${known}`), message);
    }
    assertEquals(await Deno.readFile(temporary.path), file);
    assertEquals(await keyring.list(), []);
  }
  assert(!(await Deno.readTextFile(list)).includes(planted));
});

Deno.test("the identity that opened a file is not removed from it", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  const own = await keyring.recipients();
  const message = await problemOf(() => keyring.changeRecipients({ remove: own }));
  assertStringIncludes(message, `${own[0]} is the identity that opened the encrypted file`);
  assertEquals(await keyring.recipients(), own);
});

Deno.test("recipients are accepted by those who name them, and no longer when removed", async () => {
  await using temporary = await TemporaryFile.empty();
  const list = `${temporary.identityFile}.recipients`;
  const recipients = [await newRecipient(), await newRecipient(), await newRecipient()] as const;
  const keyring = temporary.open();
  await keyring.create({ recipients: [recipients[0]] });
  await keyring.changeRecipients({ add: [recipients[1], recipients[1]] });
  await keyring.setPassword("s", "u", "made-up");
  const lines = async () => (await Deno.readTextFile(list)).split("\n").slice(1, -1);
  assertEquals(await lines(), recipients.slice(0, 2));
  if (Deno.build.os !== "windows") assertEquals(((await Deno.stat(list)).mode ?? 0) & 0o777, 0o600);
  // What a person wrote into it stays.
  await Deno.writeTextFile(list, `# the team\r\n${recipients[0]}\r\n\r\n  ${recipients[1]}`);
  await keyring.changeRecipients({ add: [recipients[2]], remove: [recipients[0]] });
  assertEquals(await Deno.readTextFile(list), `# the team\n\n${recipients[1]}\n${recipients[2]}\n`);
  await plant(temporary, [recipients[0]]);
  assertStringIncludes(
    await problemOf(() => keyring.setPassword("s", "u", "made-up")),
    recipients[0],
  );
  // One that is only in the list can be removed, too.
  await plant(temporary, []);
  await keyring.changeRecipients({ remove: [recipients[1], recipients[2]] });
  assertEquals(await Deno.readTextFile(list), "# the team\n\n");
  await keyring.setPassword("s", "u", "made-up");
});

Deno.test("a list that others can change, or that is no list, accepts nobody", async () => {
  await using temporary = await TemporaryFile.create();
  const list = `${temporary.identityFile}.recipients`;
  const recipient = await newRecipient();
  await plant(temporary, [recipient]);
  const set = () => problemOf(() => temporary.open().setPassword("s", "u", "made-up"));
  await Deno.writeFile(list, new Uint8Array([0xff, 0x41]), { mode: 0o600 });
  assertStringIncludes(await set(), "is not text");
  await Deno.writeTextFile(list, `#${recipient}\n`);
  assertStringIncludes(await set(), "does not accept");
  await Deno.writeTextFile(list, `${recipient}\n`);
  if (Deno.build.os !== "windows") {
    await Deno.chmod(list, 0o662);
    assertStringIncludes(await set(), `"${list}" (uid`);
    await Deno.chmod(list, 0o600);
  }
  assertEquals(await set(), "");
});

Deno.test("a file that lists what is not a recipient can be read, and repaired", async () => {
  await using temporary = await TemporaryFile.create();
  // A point of the curve that nothing can be encrypted for.
  const lowOrder = "age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z";
  for (const bad of ["age1typo", "ssh-ed25519 AAAA it's", "$(id)", lowOrder]) {
    await plant(temporary, [bad]);
    const keyring = temporary.open();
    assertEquals(await keyring.list(), []);
    const error = await assertRejects(
      () => keyring.setPassword("s", "u", "made-up"),
      KeyringError,
    );
    assertStringIncludes(error.message, "which is not a recipient");
    assertStringIncludes(error.message, " --remove ");
    assertStringIncludes(await problemOf(() => keyring.changeRecipients({ add: [bad] })), "is not");
    await keyring.changeRecipients({ remove: [bad] });
    await keyring.setPassword("s", "u", "made-up");
  }
  await plant(temporary, ["age1\u001b[2J"]);
  await assertRejects(() => temporary.open().list(), CorruptSecretError);
});

Deno.test("a list is read only when the file is for others, too", async () => {
  await using temporary = await TemporaryFile.create();
  await Deno.mkdir(`${temporary.identityFile}.recipients`);
  const keyring = temporary.open();
  await keyring.setPassword("s", "u", "made-up");
  await plant(temporary, [await newRecipient()]);
  assertEquals(await keyring.list(), []);
  assertStringIncludes(await problemOf(() => keyring.setPassword("s", "u", "x")), "is not a file");
});

Deno.test("nothing is encrypted for a recipient that the list cannot accept", async () => {
  await using temporary = await TemporaryFile.create();
  await Deno.mkdir(`${temporary.identityFile}.recipients`);
  const before = await Deno.readFile(temporary.path);
  const recipient = await newRecipient();
  await assertRejects(() => temporary.open().changeRecipients({ add: [recipient] }), KeyringError);
  assertEquals(await Deno.readFile(temporary.path), before);
});

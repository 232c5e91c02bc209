// @environment unit, windows

import * as age from "age-encryption";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  KeyringError,
  KeyringLockedError,
  KeyringTimeoutError,
  NoKeyringError,
  SecretTooLargeError,
} from "../../../src/errors.ts";
import type { Keyring } from "../../../src/keyring.ts";
import { testKeyring } from "../../../src/testing/conformance.ts";
import "../../support/cheap_scrypt.ts";
import { whileLocked } from "../../support/file_processes.ts";
import { TemporaryFile } from "../../support/temporary_file.ts";

// A lock that a batch holds is not let go in that time. One that was let go may last for a moment: a child
// that a test beside this one starts has it until it is the other program.
const SOON = 5_000;
const TWELVE = Array.from({ length: 12 }, (_, index) => `user ${index}`);

/** A batch that goes on until it is told to end. */
async function openBatch(
  keyring: Keyring,
): Promise<{ opened: Keyring; end: () => Promise<void> }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const started = Promise.withResolvers<Keyring>();
  const ended = keyring.batch?.((opened) => {
    started.resolve(opened);
    return promise;
  });
  return {
    opened: await started.promise,
    end: async () => {
      resolve();
      await ended;
    },
  };
}

const ends: (() => Promise<void>)[] = [];

testKeyring("EncryptedFileKeyring in a batch", async () => {
  const temporary = await TemporaryFile.create();
  const { opened, end } = await openBatch(temporary.open());
  ends.push(async () => {
    await end();
    // The suite removes what it stores.
    assertEquals(await temporary.open().list(), []);
    await temporary[Symbol.asyncDispose]();
  });
  return opened;
}, { refusesLarger: false });

Deno.test("the batches of the suite are saved", async () => {
  for (const end of ends.splice(0)) await end();
});

/** Counts what costs a second each, with a passphrase. */
class Count implements Disposable {
  encrypted = 0;
  decrypted = 0;
  readonly #encrypt = age.Encrypter.prototype.encrypt;
  readonly #decrypt = age.Decrypter.prototype.decrypt;

  constructor() {
    // deno-lint-ignore no-this-alias -- the methods need their own
    const count = this;
    const [encrypt, decrypt] = [this.#encrypt, this.#decrypt] as unknown as ((
      this: unknown,
      ...args: unknown[]
    ) => never)[];
    age.Encrypter.prototype.encrypt = function (...args: unknown[]) {
      count.encrypted++;
      return encrypt?.apply(this, args) as never;
    };
    age.Decrypter.prototype.decrypt = function (...args: unknown[]) {
      count.decrypted++;
      return decrypt?.apply(this, args) as never;
    };
  }

  [Symbol.dispose](): void {
    age.Encrypter.prototype.encrypt = this.#encrypt;
    age.Decrypter.prototype.decrypt = this.#decrypt;
  }
}

Deno.test("a batch asks once, decrypts once and encrypts once", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  let asked = 0;
  const passphrase = () => Promise.resolve(`${asked++ ? "asked again" : "correct horse"}`);
  using count = new Count();
  const result = await temporary.open({ passphrase }).batch(async (opened) => {
    for (const user of TWELVE) await opened.setPassword("s", user, `of ${user}`);
    await opened.deletePassword("s", "user 3");
    assertEquals(await opened.getPassword("s", "user 3"), null);
    return "done";
  });
  assertEquals([result, asked, count.decrypted, count.encrypted], ["done", 1, 1, 1]);
  asked = 0;
  await temporary.open({ passphrase }).batch(async (opened) => {
    assertEquals((await opened.list({ service: "s" })).length, 11);
    for (const user of TWELVE.slice(4)) {
      assertEquals(await opened.getPassword("s", user), `of ${user}`);
    }
    assertEquals(await opened.has?.("s", "user 3"), false);
    assertEquals((await opened.getCredential("s"))?.username, "user 0");
  });
  assertEquals([asked, count.decrypted, count.encrypted], [1, 2, 1]);
  // A single call, which needs the list and the entry.
  assert(await temporary.open({ passphrase: "correct horse" }).getCredential("s"));
  assertEquals([count.decrypted, count.encrypted], [3, 1]);
});

Deno.test("a batch without a call opens nothing", async () => {
  await using temporary = await TemporaryFile.empty();
  assertEquals(await temporary.open().batch(() => Promise.resolve(7)), 7);
  assertEquals(await temporary.files(), []);
});

Deno.test("a batch that only reads takes no lock and writes nothing", async () => {
  await using temporary = await TemporaryFile.create();
  await temporary.open().setPassword("s", "u", "made-up");
  await Deno.remove(`${temporary.path}.lock`);
  const before = await Deno.stat(temporary.path);
  const read = () => temporary.open().batch((opened) => opened.getPassword("s", "u"));
  assertEquals(await read(), "made-up");
  assertEquals((await temporary.files()).includes("keyring.age.lock"), false);
  await whileLocked(temporary.path, async () => assertEquals(await read(), "made-up"));
  assertEquals((await Deno.stat(temporary.path)).mtime, before.mtime);
});

Deno.test("a batch that is open keeps no other writer waiting, and loses no change", async () => {
  await using temporary = await TemporaryFile.create();
  const options = { identityFile: temporary.identityFile, timeoutMs: 10_000 };
  const other = temporary.open(options);
  for (const user of ["kept", "removed", "replaced"]) await other.setPassword("s", user, "old");
  await temporary.open(options).batch(async (opened) => {
    assertEquals((await opened.list()).length, 3);
    await other.setPassword("s", "before", "of another");
    await opened.setPassword("s", "added", "of the batch");
    await opened.setPassword("s", "replaced", "of the batch");
    await opened.deletePassword("s", "removed");
    await other.setPassword("s", "after", "of another");
    await other.deletePassword("s", "kept");
    // It sees its own changes, and the file as it was opened.
    const users = (await opened.list()).map(({ username }) => username);
    assertEquals(users, ["added", "kept", "replaced"]);
  });
  const entries = await Promise.all((await other.list()).map(async ({ username }) => {
    return [username, await other.getPassword("s", username)];
  }));
  assertEquals(Object.fromEntries(entries), {
    added: "of the batch",
    after: "of another",
    before: "of another",
    replaced: "of the batch",
  });
});

Deno.test("batches of many writers at once lose nothing", async () => {
  await using temporary = await TemporaryFile.create();
  await Promise.all(TWELVE.map(async (service) => {
    await temporary.open().batch(async (opened) => {
      await Promise.all(TWELVE.map((user) => opened.setPassword(service, user, "made-up")));
    });
  }));
  assertEquals((await temporary.open().list()).length, 144);
});

Deno.test("the calls of a batch may run at the same time, before it is open", async () => {
  await using temporary = await TemporaryFile.create();
  await temporary.open().setPassword("s", "there", "made-up");
  using count = new Count();
  await temporary.open().batch(async (opened) => {
    const writes = TWELVE.map((user) => opened.setPassword("s", user, user));
    const reads = TWELVE.map(() => opened.getPassword("s", "there"));
    const removed = opened.deletePassword("s", "there");
    await Promise.all([...writes, ...reads, removed]);
    assertEquals(await Promise.all(reads), TWELVE.map(() => "made-up"));
  });
  assertEquals([count.decrypted, count.encrypted], [1, 1]);
  assertEquals((await temporary.open().list()).length, 12);
});

Deno.test("the keyring itself can be used within its batch, and another batch as well", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open({ identityFile: temporary.identityFile, timeoutMs: SOON });
  await keyring.batch(async (opened) => {
    await opened.setPassword("s", "outer", "1");
    await keyring.setPassword("s", "alone", "2");
    await keyring.batch((inner) => inner.setPassword("s", "inner", "3"));
  });
  const users = (await keyring.list()).map(({ username }) => username);
  assertEquals(users, ["alone", "inner", "outer"]);
});

Deno.test("nothing is saved when the work throws, or is aborted", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  await keyring.setPassword("s", "u", "old");
  const before = await Deno.readFile(temporary.path);
  const failed = new Error("the work failed");
  const throwing = () =>
    keyring.batch(async (opened) => {
      await opened.setPassword("s", "u", "new");
      throw failed;
    });
  assert(await assertRejects(throwing) === failed);
  const controller = new AbortController();
  const reason = new DOMException("enough", "AbortError");
  const aborted = () =>
    keyring.batch(async (opened) => {
      await opened.setPassword("s", "u", "new");
      controller.abort(reason);
    }, { signal: controller.signal });
  assert(await assertRejects(aborted) === reason);
  assert(await assertRejects(aborted) === reason);
  const within = () =>
    keyring.batch((opened) => opened.setPassword("s", "u", "new", { signal: controller.signal }));
  assert(await assertRejects(within) === reason);
  assertEquals(await Deno.readFile(temporary.path), before);
});

Deno.test("a batch that waits for the lock can be aborted, and has a time limit", async () => {
  await using temporary = await TemporaryFile.create();
  const { identityFile, path } = temporary;
  await whileLocked(path, async () => {
    const before = await Deno.readFile(path);
    const controller = new AbortController();
    const write = async (opened: Keyring) => {
      await opened.setPassword("s", "u", "new");
      setTimeout(() => controller.abort(new DOMException("enough", "AbortError")), 50);
    };
    const { signal } = controller;
    const error = await assertRejects(() => temporary.open().batch(write, { signal }));
    assert(error instanceof DOMException && error.message === "enough");
    const keyring = temporary.open({ identityFile, timeoutMs: 100 });
    const late = await assertRejects(() => keyring.batch(write), KeyringTimeoutError);
    assert(late.message.includes("another process has been writing for 0.1 s"), late.message);
    assertEquals(await Deno.readFile(path), before);
  });
});

Deno.test("a wrong passphrase is asked for once, and each call says what it was for", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  let asked = 0;
  const passphrase = () => Promise.resolve(`wrong horse ${asked++}`);
  using count = new Count();
  await temporary.open({ passphrase }).batch(async (opened) => {
    const calls: [() => Promise<unknown>, string][] = [
      [() => opened.getPassword("s", "u"), 'Cannot read the password of "u" for "s": '],
      [() => opened.setPassword("s", "u", "x"), 'Cannot store the password of "u" for "s": '],
      [() => opened.deletePassword("s", "u"), 'Cannot delete the password of "u" for "s": '],
      [() => opened.list(), "Cannot list the entries: "],
    ];
    for (const [call, start] of calls) {
      const { message } = await assertRejects(call, KeyringLockedError);
      assert(
        message.startsWith(`${start}the passphrase does not open the encrypted file`),
        message,
      );
    }
  });
  assertEquals([asked, count.decrypted, count.encrypted], [1, 1, 0]);
});

Deno.test("a missing file is reported by the calls of a batch", async () => {
  await using temporary = await TemporaryFile.empty();
  const { message } = await assertRejects(() => {
    return temporary.open().batch((opened) => opened.setPassword("s", "u", "made-up"));
  }, NoKeyringError);
  const start = `Cannot store the password of "u" for "s": there is no encrypted file at `;
  assert(message.startsWith(`${start}"${temporary.path}"`), message);
});

Deno.test("nobody waits for the lock while a person is asked for the passphrase", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  const other = temporary.open({ passphrase: "correct horse", timeoutMs: SOON });
  const passphrase = async () => {
    await other.setPassword("s", "meanwhile", "made-up");
    return "correct horse";
  };
  await temporary.open({ passphrase }).batch((opened) => opened.setPassword("s", "u", "made-up"));
  const users = (await other.list()).map(({ username }) => username);
  assertEquals(users, ["meanwhile", "u"]);
});

Deno.test("a batch does not undo a change of the passphrase or the recipients", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  const old = temporary.open({ passphrase: "correct horse" });
  const error = await assertRejects(() =>
    old.batch(async (opened) => {
      await opened.setPassword("s", "u", "made-up");
      await temporary.open({ passphrase: "correct horse" }).changePassphrase("battery");
    }), KeyringLockedError);
  assert(error.message.startsWith("Cannot store the password: "), error.message);
  assertEquals(await temporary.open({ passphrase: "battery" }).list(), []);

  await using shared = await TemporaryFile.create();
  const recipient = await age.identityToRecipient(await age.generateX25519Identity());
  await shared.open().batch(async (opened) => {
    await opened.setPassword("s", "u", "made-up");
    await shared.open().changeRecipients({ add: [recipient] });
  });
  assert((await shared.open().recipients()).includes(recipient));
  assertEquals((await shared.open().list()).length, 1);
});

Deno.test("a call after the end of a batch is refused, not lost", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  let late: Promise<unknown> = Promise.resolve();
  const leaked = await keyring.batch(async (opened) => {
    await opened.setPassword("s", "u", "made-up");
    late = opened.setPassword("s", "late", "made-up").catch((error) => error);
    return opened;
  });
  const calls = [
    () => late.then((error) => Promise.reject(error)),
    () => leaked.getPassword("s", "u"),
    () => leaked.setPassword("s", "v", "made-up"),
  ];
  for (const call of calls) {
    const { message } = await assertRejects(call, KeyringError);
    assert(message.includes("the batch has ended"), message);
  }
  assertEquals((await keyring.list()).map(({ username }) => username), ["u"]);
});

Deno.test("with cacheSeconds a batch leaves the key and what it saved in memory", async () => {
  await using temporary = await TemporaryFile.locked("correct horse");
  let asked = 0;
  const passphrase = () => Promise.resolve(`${asked++ ? "asked again" : "correct horse"}`);
  const keyring = temporary.open({ passphrase, cacheSeconds: 600 });
  using count = new Count();
  await keyring.batch((opened) => opened.setPassword("s", "u", "made-up"));
  await keyring.batch(async (opened) => {
    assertEquals(await opened.getPassword("s", "u"), "made-up");
    await opened.setPassword("s", "v", "made-up");
  });
  assertEquals((await keyring.list()).length, 2);
  assertEquals([asked, count.decrypted, count.encrypted], [1, 1, 2]);
  keyring.forget();
});

Deno.test("a secret larger than the file can be is refused, and the rest of a batch is saved", async () => {
  await using temporary = await TemporaryFile.create();
  const keyring = temporary.open();
  await keyring.batch(async (opened) => {
    await opened.setPassword("s", "u", "made-up");
    const secret = new Uint8Array(128 * 1024 * 1024 + 1);
    await assertRejects(() => opened.setSecret("s", "large", secret), SecretTooLargeError);
  });
  assertEquals((await keyring.list()).map(({ username }) => username), ["u"]);
});

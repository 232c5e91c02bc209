// @environment linux
// @needs gpg (gnupg)

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { PassKeyring } from "../../../backends.ts";
import {
  CorruptSecretError,
  InitError,
  KeyringError,
  KeyringLockedError,
  KeyringTimeoutError,
  NoKeyringError,
  PasswordSetError,
} from "../../../src/errors.ts";
import { checkHostileNames } from "../../fixtures/hostile_names.ts";
import { Keys, Store } from "./store.ts";

const ignore = Deno.build.os !== "linux";

interface Bench {
  keys: Keys;
  store: Store;
  keyring: PassKeyring;
}

function test(name: string, work: (bench: Bench) => Promise<void>): void {
  Deno.test(`PassKeyring ${name}`, { ignore }, async () => {
    await using keys = await Keys.create();
    await keys.add("alice");
    await using store = await Store.create(keys, "alice");
    await work({ keys, store, keyring: store.keyring });
  });
}

test("keeps the further lines of a file", async ({ store, keyring }) => {
  const lines = "\nuser: alice\nurl: https://example.com\n";
  const all = Uint8Array.from({ length: 256 }, (_, index) => index);
  await store.put("my_app/alice", `old${lines}`);
  assertEquals(await keyring.getPassword("my_app", "alice"), "old");
  for (const password of ["new", "", "two\nlines", "a\rb", "os-keyring-base64:", "last"]) {
    await keyring.setPassword("my_app", "alice", password);
    assertEquals(await keyring.getPassword("my_app", "alice"), password);
    const content = await store.content("my_app/alice");
    assertEquals(content.slice(content.indexOf("\n")), lines);
    const isPlain = ["new", "", "last"].includes(password);
    assertEquals(
      content.split("\n")[0],
      isPlain ? password : `os-keyring-base64:${btoa(password)}`,
    );
  }
  await keyring.setSecret("my_app", "alice", all);
  assertEquals(await keyring.getSecret("my_app", "alice"), all);
  assertStringIncludes(await store.content("my_app/alice"), lines);
});

test("reads what ends without a newline, and what is empty", async ({ store, keyring }) => {
  for (const [content, password] of [["s3cret", "s3cret"], ["", ""], ["\n", ""], ["\nx", ""]]) {
    await store.put("my_app/alice", content ?? "");
    assertEquals(await keyring.getPassword("my_app", "alice"), password);
  }
  await store.put("my_app/alice", "s3cret");
  await keyring.setPassword("my_app", "alice", "new");
  assertEquals(await store.content("my_app/alice"), "new");
});

test("finds what is in deeper folders, and lists what has a name", async ({ store, keyring }) => {
  await store.put("email/work/alice", "s3cret");
  await store.put("token", "of no service");
  await store.put("my_app/.hidden", "hidden");
  await Deno.writeTextFile(`${store.folder}/README`, "");
  await Deno.writeTextFile(`${store.folder}/email/notes.txt`, "");
  await Deno.symlink("..", `${store.folder}/email/back`);
  await Deno.symlink("nowhere", `${store.folder}/email/broken.gpg`);
  assertEquals(await keyring.getPassword("email/work", "alice"), "s3cret");
  const names = async (service?: string) =>
    (await keyring.list(service === undefined ? {} : { service }))
      .map(({ service, username }) => `${service} ${username}`);
  assertEquals(await names(), ["email broken", "email/work alice"]);
  assertEquals(await names("email/work"), ["email/work alice"]);
  assertEquals(await names("email/other"), []);
  assertEquals(await names("README"), []);
  assertEquals(await keyring.getPassword("README", "alice"), null);
});

test("keeps to its folder under hostile names", async ({ store, keyring }) => {
  await checkHostileNames(keyring);
  assertEquals(await store.files(), ["", ".gpg-id"]);
});

test("encrypts to the keys of the nearest .gpg-id", async ({ keys, store, keyring }) => {
  await keys.add("bob");
  await keys.add("carol");
  const recipients = async (path: string) => {
    const file = `${store.folder}/${path}.gpg`;
    const { err } = await keys.gpg(["--batch", "-d", file]);
    return ["alice", "bob", "carol"].filter((name) => err.includes(`"${name}"`)).join();
  };
  await Deno.mkdir(`${store.folder}/team/sub`, { recursive: true });
  await Deno.writeTextFile(`${store.folder}/team/.gpg-id`, "# the team\nbob # Bob\n\n  carol \n");
  await keyring.setPassword("my_app", "u", "x");
  await keyring.setPassword("team", "u", "x");
  await keyring.setPassword("team/sub/more", "u", "x");
  assertEquals(await recipients("my_app/u"), "alice");
  assertEquals(await recipients("team/u"), "bob,carol");
  assertEquals(await recipients("team/sub/more/u"), "bob,carol");
  await Deno.writeTextFile(`${store.folder}/team/.gpg-id`, "# nobody\n");
  const error = await assertRejects(() => keyring.setPassword("team", "u", "y"), InitError);
  assertStringIncludes(error.message, "names no gpg key");
  assertEquals(await keyring.getPassword("team", "u"), "x");
});

test("says which key cannot be used, and writes nothing", async ({ keys, store, keyring }) => {
  await keyring.setPassword("my_app", "alice", "old");
  const files = await store.files();
  await using others = await Keys.create();
  await others.add("mallory");
  await keys.gpg(["--batch", "-q", "--import"], (await others.gpg(["-a", "--export"])).out);
  const cases = {
    "nobody@example.com": /does not have the key. Import it/,
    "mallory": /not trusted. Compare its fingerprint, then sign it with `gpg --lsign-key mallory`/,
    "--output=/tmp/x": /does not have the key/,
  };
  for (const [recipient, reason] of Object.entries(cases)) {
    await Deno.writeTextFile(`${store.folder}/.gpg-id`, `alice\n${recipient}\n`);
    for (const service of ["my_app", "new_app"]) {
      const set = () => keyring.setPassword(service, "alice", "new");
      const { message } = await assertRejects(set, PasswordSetError);
      assert(reason.test(message), message);
    }
    assertEquals(await keyring.getPassword("my_app", "alice"), "old");
    assertEquals(await store.files(), files);
  }
});

test("says that a key is locked, absent, or that the file is damaged", async (bench) => {
  const { keys, store, keyring } = bench;
  await keys.add("locked", "passphrase");
  await keys.configure("pinentry-program /bin/false");
  await keys.lock();
  await Deno.writeTextFile(`${store.folder}/.gpg-id`, "locked\n");
  await keyring.setPassword("my_app", "alice", "s3cret");
  const encrypted = await Deno.readFile(`${store.folder}/my_app/alice.gpg`);
  const get = () => keyring.getPassword("my_app", "alice");
  const { message } = await assertRejects(get, KeyringLockedError);
  assertStringIncludes(message, "`pass show my_app/alice`");
  await assertRejects(() => keyring.setPassword("my_app", "alice", "new"), KeyringLockedError);
  assertEquals(await Deno.readFile(`${store.folder}/my_app/alice.gpg`), encrypted);

  await using others = await Keys.create();
  await others.add("bob");
  await others.gpg(["--batch", "-q", "--import"], (await keys.gpg(["-a", "--export"])).out);
  const elsewhere = new PassKeyring({ folder: store.folder, gpgHome: others.home });
  const absent = await assertRejects(() => elsewhere.getPassword("my_app", "alice"), KeyringError);
  assertStringIncludes(absent.message, "no secret key that decrypts it");

  await store.put("my_app/bob", "s3cret");
  const file = `${store.folder}/my_app/bob.gpg`;
  const whole = await Deno.readFile(file);
  const flipped = whole.slice();
  flipped[flipped.length - 3] = 0xff & ~(flipped.at(-3) ?? 0);
  const unencrypted = new TextEncoder().encode("s3cret\n");
  await keys.gpg(["--batch", "--store", "-o", `${store.parent}/packet`], "s3cret\n");
  const packet = await Deno.readFile(`${store.parent}/packet`);
  for (const bytes of [flipped, whole.slice(0, -9), unencrypted, packet, new Uint8Array()]) {
    await Deno.writeFile(file, bytes);
    await assertRejects(() => keyring.getPassword("my_app", "bob"), CorruptSecretError);
    await assertRejects(() => keyring.setPassword("my_app", "bob", "new"), CorruptSecretError);
    assertEquals(await Deno.readFile(file), bytes);
  }
});

test("does not wait for a passphrase for ever", async ({ keys, store, keyring }) => {
  await keys.add("locked", "passphrase");
  await Deno.writeTextFile(`${keys.home}/pinentry`, "#!/bin/sh\nexec sleep 60\n", { mode: 0o700 });
  await keys.configure(`pinentry-program ${keys.home}/pinentry`);
  await keys.lock();
  await store.put("my_app/alice", "s3cret", "locked");
  const timeoutMs = 500;
  const hasty = new PassKeyring({ folder: store.folder, gpgHome: keys.home, timeoutMs });
  await assertRejects(() => hasty.getPassword("my_app", "alice"), KeyringTimeoutError);
  const signal = AbortSignal.timeout(300);
  const { name } = await assertRejects(
    () => keyring.getPassword("my_app", "alice", { signal }),
    Error,
  );
  assertEquals(name, "TimeoutError");
});

test("follows links in the store, and writes to none that leads out", async (bench) => {
  const { store, keyring } = bench;
  const outside = `${store.parent}/outside`;
  await Deno.mkdir(outside);
  await store.put("team/alice", "s3cret\nmore\n");
  await store.put("../outside/alice", "other");
  await Deno.mkdir(`${store.folder}/links`);
  await Deno.symlink("../team/alice.gpg", `${store.folder}/links/alice.gpg`);
  await Deno.symlink(`${outside}/alice.gpg`, `${store.folder}/links/out.gpg`);
  await Deno.symlink("nowhere.gpg", `${store.folder}/links/dangling.gpg`);
  await Deno.symlink("team", `${store.folder}/same`);
  await Deno.symlink(outside, `${store.folder}/out`);

  assertEquals(await keyring.getPassword("links", "alice"), "s3cret");
  assertEquals(await keyring.getPassword("out", "alice"), "other");
  await keyring.setPassword("links", "alice", "new");
  assertEquals(await store.content("team/alice"), "new\nmore\n");
  await keyring.setPassword("same", "bob", "b");
  assertEquals(await keyring.getPassword("team", "bob"), "b");
  for (const [service, username] of [["links", "out"], ["links", "dangling"], ["out", "alice"]]) {
    const set = () => keyring.setPassword(service ?? "", username ?? "", "new");
    const { message } = await assertRejects(set, PasswordSetError);
    assertStringIncludes(message, "leads outside the password store");
  }
  await assertRejects(() => keyring.setPassword("out", "new", "new"), PasswordSetError);
  await assertRejects(() => keyring.deletePassword("out", "alice"), KeyringError);
  assertEquals([...Deno.readDirSync(outside)].map(({ name }) => name), ["alice.gpg"]);
  await keyring.deletePassword("links", "alice");
  assertEquals(await keyring.getPassword("team", "alice"), "new");
});

test("leaves modes as they are, and no folder empty", async ({ store, keyring }) => {
  const mode = (path: string) => (Deno.statSync(`${store.folder}/${path}`).mode ?? 0) & 0o777;
  await keyring.setPassword("a/b/c", "alice", "x");
  assertEquals([mode("a/b/c/alice.gpg"), mode("a/b/c"), mode("a")], [0o600, 0o700, 0o700]);
  await Deno.chmod(`${store.folder}/a/b/c/alice.gpg`, 0o640);
  await keyring.setPassword("a/b/c", "alice", "y");
  assertEquals(mode("a/b/c/alice.gpg"), 0o640);
  await keyring.setPassword("a", "bob", "z");
  await keyring.deletePassword("a/b/c", "alice");
  assertEquals(await store.files(), ["", ".gpg-id", "a", "a/bob.gpg"]);
});

test("tells a missing store from a missing entry", async ({ keys, store }) => {
  const folder = `${store.parent}/none`;
  const keyring = new PassKeyring({ folder, gpgHome: keys.home });
  for (
    const call of [
      () => keyring.getPassword("a", "b"),
      () => keyring.setPassword("a", "b", "c"),
      () => keyring.deletePassword("a", "b"),
      () => keyring.list(),
      () => keyring.list({ service: "a" }),
      () => keyring.has?.("a", "b") ?? Promise.resolve(),
    ]
  ) await assertRejects(call, NoKeyringError, "pass init");
  await Deno.mkdir(folder);
  assertEquals(await keyring.getPassword("a", "b"), null);
  await assertRejects(() => keyring.setPassword("a", "b", "c"), InitError, "pass init");
  assertEquals([...Deno.readDirSync(folder)], []);
  const relative = new PassKeyring({ folder: "store" });
  await assertRejects(() => relative.getPassword("a", "b"), KeyringError, "not an absolute path");
});

test("loses nothing to another that writes", async ({ store, keyring }) => {
  await store.put("my_app/alice", "old\nmore\n");
  const passwords = Array.from({ length: 8 }, (_, index) => `new ${index}`);
  await Promise.all(passwords.map((text) => keyring.setPassword("my_app", "alice", text)));
  const [first = "", ...rest] = (await store.content("my_app/alice")).split("\n");
  assert(passwords.includes(first));
  assertEquals(rest, ["more", ""]);
  const churn = async (user: string) => {
    await keyring.setPassword("churn", user, user);
    assertEquals(await keyring.getPassword("churn", user), user);
    await keyring.deletePassword("churn", user);
  };
  await Promise.all(passwords.map(churn));
  assertEquals(await keyring.list({ service: "churn" }), []);
});

test("prunes what interrupted writes left", async ({ store, keyring }) => {
  await keyring.setPassword("my_app", "alice", "x");
  const left = `${store.folder}/my_app/.os-keyring-${crypto.randomUUID()}.tmp`;
  await Deno.writeTextFile(left, "");
  assertEquals(await keyring.prune?.(), 0);
  assertEquals(await keyring.prune?.({ graceMs: 0 }), 1);
  assertEquals(await store.files(), ["", ".gpg-id", "my_app", "my_app/alice.gpg"]);
});

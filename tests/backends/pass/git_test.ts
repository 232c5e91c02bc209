// @environment linux
// @needs gpg (gnupg), git

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { KeyringError, PasswordDeleteError, PasswordSetError } from "../../../src/errors.ts";
import { Keys, Store } from "./store.ts";

const ignore = Deno.build.os !== "linux";

function test(name: string, work: (store: Store) => Promise<void>): void {
  Deno.test(`PassKeyring in a git repository ${name}`, { ignore }, async () => {
    await using keys = await Keys.create();
    await keys.add("alice");
    await using store = await Store.create(keys, "alice");
    await store.init();
    await work(store);
  });
}

const FIRST = "Add current contents of password store.";

test("commits each change, and nothing else", async (store) => {
  const { keyring } = store;
  await Deno.writeTextFile(`${store.folder}/notes`, "staged");
  await store.git(["add", "notes"]);
  await keyring.setPassword("my_app", "a", "x");
  await keyring.setPassword("my_app", "a", "y");
  await store.put("my_app/a", "z");
  await keyring.setPassword("my_app", "[ab]", "x");
  await keyring.deletePassword("my_app", "[ab]");
  assertEquals(await store.log(), [
    "Remove my_app/[ab] from store.",
    "Add given password for my_app/[ab] to store.",
    "Add given password for my_app/a to store.",
    "Add given password for my_app/a to store.",
    FIRST,
  ]);
  assertEquals(await store.git(["status", "--porcelain"]), " M my_app/a.gpg\nA  notes\n");
});

test("takes a change back that cannot be committed", async (store) => {
  const { keyring, folder } = store;
  await keyring.setPassword("my_app", "alice", "old");
  const before = await store.files();
  const hook = `${folder}/.git/hooks/pre-commit`;
  await Deno.mkdir(`${folder}/.git/hooks`, { recursive: true });
  await Deno.writeTextFile(hook, "#!/bin/sh\necho 'fatal: not today' >&2\nexit 1\n", {
    mode: 0o755,
  });
  for (const user of ["alice", "bob"]) {
    const set = () => keyring.setPassword("my_app", user, "new");
    const { message } = await assertRejects(set, PasswordSetError);
    assertStringIncludes(message, "could not commit it, so it was undone (fatal: not today)");
  }
  await assertRejects(() => keyring.deletePassword("my_app", "alice"), PasswordDeleteError);
  assertEquals(await keyring.getPassword("my_app", "alice"), "old");
  assertEquals(await keyring.getPassword("my_app", "bob"), null);
  assertEquals(await store.files(), before);
  assertEquals(await store.git(["status", "--porcelain"]), "");
  await Deno.remove(hook);
  await keyring.setPassword("my_app", "bob", "new");
  assertEquals((await store.log()).length, 3);
});

/** A hook that tells that it has begun, and does not end. */
function hanging({ parent }: Store): string {
  return `#!/bin/sh\ntouch '${parent}/begun'\nexec sleep 30\n`;
}

async function untilBegun({ parent }: Store): Promise<void> {
  while (!await Deno.stat(`${parent}/begun`).catch(() => null)) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("takes back what is aborted", async (store) => {
  const { keyring, folder } = store;
  await keyring.setPassword("my_app", "alice", "old");
  const hook = `${folder}/.git/hooks/pre-commit`;
  await Deno.mkdir(`${folder}/.git/hooks`, { recursive: true });
  await Deno.writeTextFile(hook, hanging(store), { mode: 0o755 });
  const controller = new AbortController();
  const set = keyring.setPassword("my_app", "alice", "new", { signal: controller.signal });
  const ended = assertRejects(() => set, RangeError, "enough");
  await untilBegun(store);
  controller.abort(new RangeError("enough"));
  await ended;
  assertEquals(await keyring.getPassword("my_app", "alice"), "old");
});

test("keeps what is committed, whatever a hook does then", async (store) => {
  const { keyring, folder } = store;
  await Deno.mkdir(`${folder}/.git/hooks`, { recursive: true });
  await Deno.writeTextFile(`${folder}/.git/hooks/post-commit`, hanging(store), { mode: 0o755 });
  const controller = new AbortController();
  const set = keyring.setPassword("my_app", "alice", "x", { signal: controller.signal });
  const ended = assertRejects(() => set, RangeError, "enough");
  await untilBegun(store);
  controller.abort(new RangeError("enough"));
  await ended;
  assertEquals(await keyring.getPassword("my_app", "alice"), "x");
  assertEquals(await store.git(["status", "--porcelain"]), "");
});

test("commits to the one that is nearest, and to none above the store", async (store) => {
  const { keyring, folder } = store;
  await store.git(["-C", "..", "init", "-q"]);
  await Deno.mkdir(`${folder}/team`);
  await store.git(["-C", "team", "init", "-q"]);
  for (const [key, value] of [["user.name", "A"], ["user.email", "a@example.com"]]) {
    await store.git(["-C", "team", "config", key ?? "", value ?? ""]);
  }
  await keyring.setPassword("team/sub", "alice", "x");
  await keyring.setPassword("my_app", "alice", "x");
  assertEquals((await store.log()).length, 2);
  assertEquals((await store.git(["-C", "team", "log", "--format=%s"])).trim().split("\n"), [
    "Add given password for team/sub/alice to store.",
  ]);
  await Deno.remove(`${folder}/.git`, { recursive: true });
  await keyring.setPassword("my_app", "bob", "x");
  assertEquals(await store.git(["-C", "..", "status", "--porcelain"]), "?? store/\n");
});

test("deletes what was never committed", async (store) => {
  await store.put("my_app/alice", "x");
  await store.keyring.deletePassword("my_app", "alice");
  assertEquals(await store.log(), [FIRST]);
  assertEquals(await store.files(), ["", ".gpg-id"]);
});

test("waits for another git", async (store) => {
  const lock = `${store.folder}/.git/index.lock`;
  await Deno.writeTextFile(lock, "");
  const set = store.keyring.setPassword("my_app", "alice", "x");
  await new Promise((resolve) => setTimeout(resolve, 300));
  await Deno.remove(lock);
  await set;
  assertEquals((await store.log()).length, 2);
});

test("says what is wrong with git", async (store) => {
  await Deno.writeTextFile(`${store.folder}/.git/HEAD`, "nonsense");
  const set = () => store.keyring.setPassword("my_app", "alice", "x");
  const { message } = await assertRejects(set, KeyringError);
  assert(/git could not commit it.*not a git repository/.test(message), message);
  assertEquals(await store.files(), ["", ".gpg-id"]);
});

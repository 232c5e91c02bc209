import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { migrate } from "../../mod.ts";
import type { Secret } from "../../src/backend.ts";
import { ChainKeyring } from "../../src/backends/chain.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { Failure, KeyringError } from "../../src/errors.ts";
import type { DeleteOptions, Keyring } from "../../src/keyring.ts";
import { migrateEntries } from "../../src/records/migrate.ts";
import type { MigratedEntry } from "../../src/records/migration.ts";
import { StoreKeyring } from "../../src/store_keyring.ts";
import { BatchBackend, PlainKeyring, WideBackend } from "../fixtures/stores.ts";

function states(entries: MigratedEntry[]): string[] {
  return entries.map(({ from, state, deleted }) =>
    `${from.service}/${from.username} ${state}${deleted ? ", deleted" : ""}`
  );
}

function reasonOf([entry]: MigratedEntry[]): string {
  return (entry?.error as KeyringError | undefined)?.message ?? "";
}

async function filled(keyring: Keyring = new MemoryKeyring()): Promise<Keyring> {
  await keyring.setPassword("app", "alice", "né");
  await keyring.setSecret("app", "bytes", Uint8Array.of(0xff, 0));
  await keyring.setPassword("other", "bob", "");
  return keyring;
}

Deno.test("migrate() copies, and a second run changes nothing", async () => {
  const [from, to] = [await filled(), new MemoryKeyring()];
  assertEquals(states(await migrate(from, to, { dryRun: true })), [
    "app/alice copied",
    "app/bytes copied",
    "other/bob copied",
  ]);
  assertEquals(await to.list(), []);
  await migrate(from, to);
  assertEquals(await to.getPassword("app", "alice"), "né");
  assertEquals(await to.getSecret("app", "bytes"), Uint8Array.of(0xff, 0));
  assertEquals(await to.getPassword("other", "bob"), "");
  const again = ["app/alice same", "app/bytes same", "other/bob same"];
  assertEquals(states(await migrate(from, to)), again);
  assertEquals((await from.list()).length, 3);
});

Deno.test("migrate() deletes what the target holds, and only that", async () => {
  const [from, to] = [await filled(), new MemoryKeyring()];
  await to.setPassword("app", "alice", "another");
  const entries = await migrate(from, to, { delete: true });
  assertEquals(states(entries), [
    "app/alice differs",
    "app/bytes copied, deleted",
    "other/bob copied, deleted",
  ]);
  assertEquals(await to.getPassword("app", "alice"), "another");
  assertEquals(states(await migrate(from, to, { delete: true, force: true })), [
    "app/alice replaced, deleted",
  ]);
  assertEquals(await to.getPassword("app", "alice"), "né");
  assertEquals(await from.list(), []);
  assertEquals(await migrate(from, to, { delete: true }), []);
});

Deno.test("migrate() keeps to services, and renames them", async () => {
  const [from, to] = [await filled(), new MemoryKeyring()];
  const options = { services: ["other", "app", "app"], rename: { app: "new", other: "new2" } };
  const entries = await migrate(from, to, options);
  assertEquals(entries.map(({ to }) => to.service), ["new2", "new", "new"]);
  assertEquals(await migrate(from, to, { services: ["none"] }), []);
  assertEquals((await to.list()).length, 3);
});

Deno.test("migrate() never stores two entries under one name", async () => {
  const [from, to] = [new MemoryKeyring(), new StoreKeyring(new WideBackend())];
  await from.setPassword("App", "alice", "1");
  await from.setPassword("app", "alice", "2");
  await from.setPassword("b", "alice", "3");
  const options = { delete: true, force: true, rename: { b: "APP" } };
  const entries = await migrate(from, to, options);
  assertEquals(states(entries), [
    "App/alice copied, deleted",
    "app/alice failed",
    "b/alice failed",
  ]);
  assertEquals(await to.getPassword("app", "alice"), "1");
  assertEquals((await from.list()).length, 2);
});

Deno.test("migrate() copies text between encodings, and large secrets whole", async () => {
  const wide = new StoreKeyring(new WideBackend());
  const from = await filled();
  await from.setPassword("app", "large", "é🔑".repeat(2_000));
  await migrate(from, wide, { delete: true });
  const back = new MemoryKeyring();
  const entries = await migrate(wide, back, { delete: true });
  assert(entries.every(({ deleted }) => deleted));
  assertEquals(await back.getPassword("app", "large"), "é🔑".repeat(2_000));
  assertEquals(await back.getSecret("app", "bytes"), Uint8Array.of(0xff, 0));
});

Deno.test("migrate() opens and saves a file once to copy into it", async () => {
  const backend = new BatchBackend();
  const entries = await migrate(await filled(), new StoreKeyring(backend));
  assertEquals(entries.length, 3);
  assertEquals(backend.log.filter((what) => what === "save").length, 1);
  backend.full = new Failure("other", "the disk is full");
  const from = await filled();
  await from.setPassword("app", "new", "x");
  const failed = await migrate(from, new StoreKeyring(backend), { delete: true });
  assertEquals(states(failed), [
    "app/alice same, deleted",
    "app/bytes same, deleted",
    "app/new failed",
    "other/bob same, deleted",
  ]);
  assertStringIncludes(reasonOf(failed.slice(2)), "the disk is full");
  assertEquals(await from.getPassword("app", "new"), "x");
});

Deno.test("migrate() leaves one entry alone, whatever hides it", async () => {
  const store = await filled();
  assertEquals(states(await migrate(store, store, { delete: true })), [
    "app/alice one entry",
    "app/bytes one entry",
    "other/bob one entry",
  ]);
  // A chain, and a keyring of the user's own, do not say where their entries are.
  class Own extends PlainKeyring {
    override deletePassword = (service: string, username: string, options?: DeleteOptions) =>
      store.deletePassword(service, username, options);
    override getSecret = store.getSecret.bind(store);
    override list = store.list.bind(store);
    override setPassword = store.setPassword.bind(store);
    override setSecret = store.setSecret.bind(store);
  }
  const wrapped: [Keyring, Keyring][] = [
    [new ChainKeyring([store]), store],
    [store, new ChainKeyring([store])],
    [new Own(), store],
    [store, new Own()],
  ];
  for (const [from, to] of wrapped) {
    const entries = await migrate(from, to, { delete: true });
    assertEquals(states(entries), ["app/alice failed", "app/bytes same", "other/bob same"]);
    assertStringIncludes(reasonOf(entries), "which was stored again");
    assertEquals((await store.list()).length, 3);
    assertEquals(await store.getPassword("app", "alice"), "né");
  }
});

Deno.test("migrate() loses nothing where the source cannot take back the only entry", async () => {
  const store = new MemoryKeyring();
  await store.setPassword("app", "alice", "made-up");
  class Own extends PlainKeyring {
    override deletePassword = store.deletePassword.bind(store);
    override getSecret = store.getSecret.bind(store);
    override list = store.list.bind(store);
    override setPassword = () => Promise.reject(new KeyringError("full", { operation: "set" }));
  }
  const entries = await migrate(new Own(), store, { delete: true });
  assertEquals(states(entries), ["app/alice failed, deleted"]);
  assertStringIncludes(reasonOf(entries), "full");
  assertEquals(await store.getPassword("app", "alice"), "made-up");
});

Deno.test("migrate() compares the places of entries", async () => {
  const place = (keyring: Keyring, where: string) =>
    Object.assign(keyring, { locate: () => Promise.resolve([where, `own ${keyring.name}`]) });
  const [from, to] = [place(await filled(), "a"), place(await filled(), "a")];
  await to.setPassword("app", "alice", "another");
  assertEquals(states(await migrate(from, to, { delete: true, force: true })), [
    "app/alice replaced",
    "app/bytes one entry",
    "other/bob one entry",
  ]);
  assertEquals((await from.list()).length, 3);
});

/** A store whose entry changes when it has been read so many times. */
class Changing extends MemoryKeyring {
  reads = 0;
  at = Infinity;
  override async getSecret(service: string, username: string): Promise<Uint8Array | null> {
    if (++this.reads === this.at) await this.setPassword(service, username, "changed");
    return await super.getSecret(service, username);
  }
}

Deno.test("migrate() deletes nothing that was changed meanwhile", async () => {
  for (const at of [3, 4]) {
    const [from, to] = [new Changing(), new MemoryKeyring()];
    await from.setPassword("app", "alice", "old");
    from.at = at;
    const entries = await migrate(from, to, { delete: true });
    assertEquals(states(entries), at === 3 ? ["app/alice failed"] : ["app/alice copied, deleted"]);
    if (at === 3) {
      assertEquals(await from.getPassword("app", "alice"), "changed");
      assertStringIncludes(reasonOf(entries), "one of the two was changed in the meantime");
    }
  }
  const [from, to] = [new MemoryKeyring(), new Changing()];
  await from.setPassword("app", "alice", "old");
  to.at = 2;
  assertEquals(states(await migrate(from, to, { delete: true })), ["app/alice differs"]);
  assertEquals(await to.getPassword("app", "alice"), "changed");
});

Deno.test("migrate() goes on after an entry that fails, and ends where all would", async () => {
  class Refusing extends BatchBackend {
    kind: "locked" | "other" = "other";
    override read(entry: { service: string; username: string }): Promise<Secret | null> {
      if (entry.username === "bytes") throw new Failure(this.kind, "refused");
      return super.read(entry);
    }
  }
  const backend = new Refusing();
  const from = await filled(new StoreKeyring(backend));
  const to = new MemoryKeyring();
  const entries = await migrate(from, to, { delete: true });
  assertEquals(states(entries), [
    "app/alice copied, deleted",
    "app/bytes failed",
    "other/bob copied, deleted",
  ]);
  backend.kind = "locked";
  await from.setPassword("app", "alice", "new");
  await from.setPassword("other", "bob", "new");
  const locked = await migrate(from, to, { delete: true, force: true });
  assertEquals(states(locked), [
    "app/alice replaced, deleted",
    "app/bytes failed",
    "other/bob not tried",
  ]);
});

Deno.test("migrate() reports a target that keeps something else", async () => {
  class Losing extends MemoryKeyring {
    override setPassword(service: string, username: string): Promise<void> {
      return super.setPassword(service, username, "");
    }
  }
  const from = await filled();
  const entries = await migrate(from, new Losing(), { services: ["app"], delete: true });
  assertEquals(states(entries), ["app/alice failed", "app/bytes copied, deleted"]);
  assertStringIncludes(reasonOf(entries), "does not return what was stored");
  assertEquals(await from.getPassword("app", "alice"), "né");
});

Deno.test("migrate() can be aborted", async () => {
  const reason = new Error("enough");
  const from = await filled();
  const error = await migrate(from, new MemoryKeyring(), { signal: AbortSignal.abort(reason) })
    .catch((error) => error);
  assertEquals(error, reason);
  assertEquals((await from.list()).length, 3);
});

Deno.test("an abort while the source is deleted does not lose what was also the target", async () => {
  const controller = new AbortController();
  class Aborting extends MemoryKeyring {
    override async deletePassword(service: string, username: string): Promise<void> {
      await super.deletePassword(service, username);
      controller.abort();
    }
  }
  const from = new Aborting();
  await from.setPassword("app", "alice", "né");
  const options = { delete: true, signal: controller.signal };
  await assertRejects(() => migrate(from, new ChainKeyring([from]), options));
  assertEquals(await from.getPassword("app", "alice"), "né");
});

/** Aborts a migration at the end of a part's second step; returns the states then. */
async function abortedIn(part: string, to: Keyring): Promise<string[]> {
  const controller = new AbortController();
  let reported: MigratedEntry[] = [];
  const options = { signal: controller.signal, delete: true };
  await assertRejects(async () =>
    await migrateEntries(await filled(), to, options, {
      list: (run) => run(),
      withProgress: (current, _total, run) => {
        let steps = 0;
        return run(() => {
          if (current === part && ++steps === 2) controller.abort();
          return Promise.resolve();
        });
      },
      onAbort: (entries) => reported = entries,
    })
  );
  return reported.map(({ state, deleted }) => `${state}${deleted ? ", deleted" : ""}`);
}

Deno.test("a migration that is aborted reports as copied only what is stored", async () => {
  const notTried = ["not tried", "not tried", "not tried"];
  const memory = () => new MemoryKeyring();
  assertEquals(await abortedIn("looking at", memory()), notTried);
  assertEquals(await abortedIn("reading", memory()), notTried);
  assertEquals(await abortedIn("storing", memory()), ["copied", "copied", "not tried"]);
  assertEquals(await abortedIn("checking", memory()), ["copied", "copied", "copied"]);
  assertEquals(await abortedIn("deleting", memory()), [
    "copied, deleted",
    "copied, deleted",
    "copied",
  ]);
  const batch = () => new StoreKeyring(new BatchBackend());
  assertEquals(await abortedIn("storing", batch()), notTried);
  assertEquals(await abortedIn("checking", batch()), ["copied", "copied", "copied"]);
});

// @environment linux
// @needs gpg (gnupg), git
// @soak

import { assert, assertEquals } from "@std/assert";
import { Keys, Store } from "./store.ts";

const ignore = Deno.build.os !== "linux";
const ROUNDS = Deno.env.get("KEYRING_TEST_SOAK") === "1" ? 100 : 6;
const WRITER = decodeURIComponent(
  new URL("../../support/pass_writer.ts", import.meta.url).pathname,
);

Deno.test("killed writers of a password store lose and tear nothing", { ignore }, async () => {
  await using keys = await Keys.create();
  await keys.add("alice");
  await using store = await Store.create(keys, "alice");
  await store.put("my_app/alice", `${"z".repeat(40_000)}\nmore\n`);
  await store.init();
  const seen = new Set<string>();
  // A busy machine needs more and longer lives until one has written.
  for (let round = 0; round < ROUNDS || seen.size < 2 && round < 10 * ROUNDS; round++) {
    const child = startWriter(store);
    const reader = child.stdout.getReader();
    await reader.read();
    const life = 200 * Math.random() * Math.ceil((round + 1) / ROUNDS);
    await new Promise((resolve) => setTimeout(resolve, life));
    // With the program that it runs, or alone.
    Deno.kill(round % 2 === 0 ? -child.pid : child.pid, "SIGKILL");
    await child.status;
    await reader.cancel();
    await settle(store);
    const [first = "", ...rest] = (await store.content("my_app/alice")).split("\n");
    assertEquals(first, (first[0] ?? "").repeat(40_000));
    assertEquals(rest, ["more", ""]);
    seen.add(first[0] ?? "");
  }
  assert(seen.size > 1, "No writer ever wrote");
  await store.keyring.prune?.({ graceMs: 0 });
  assertEquals(await store.files(), ["", ".gpg-id", "my_app", "my_app/alice.gpg"]);
  await store.keyring.setPassword("my_app", "alice", "last");
  assertEquals(await store.git(["status", "--porcelain"]), "");
});

function startWriter({ folder, keys }: Store): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", WRITER, folder, keys.home],
    stdout: "piped",
    stderr: "inherit",
    detached: true,
  }).spawn();
}

/** Waits for a git that outlived its writer, and removes the lock of one that did not. */
async function settle({ folder }: Store): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 300));
  for (const lock of ["index.lock", "HEAD.lock", "refs/heads/master.lock"]) {
    await Deno.remove(`${folder}/.git/${lock}`).catch(() => {});
  }
}

// The helpers on the Credential Manager of Windows, in a memory that also keeps the attributes of
// credentials, which Wine loses.

import { assert, assertEquals } from "@std/assert";
import { WindowsKeyring } from "../../src/backends/windows/backend.ts";
import {
  deleteCredential,
  enumerateCredentials,
  openLibraries,
} from "../../src/backends/windows/calls.ts";
import { LargeEntries } from "../../src/credential_helpers/large_entries.ts";
import { FakeWindows } from "../fixtures/fake_windows.ts";
import { docker, git } from "./helpers.ts";

new FakeWindows(16);
openLibraries();

const own = new WindowsKeyring();
const DONE = { code: 0, out: "", err: "" };

function test(
  name: string,
  layout: "git" | "docker",
  run: (entries: LargeEntries) => Promise<void>,
) {
  Deno.test(`in Windows, ${name}`, async () => {
    try {
      await run(new LargeEntries(new WindowsKeyring({ layout }), own));
    } finally {
      for (const { target } of enumerateCredentials()) deleteCredential(target);
    }
  });
}

function targets(): string[] {
  return enumerateCredentials().map(({ target }) => target).sort();
}

const HOST = "protocol=https\nhost=git.example.com\n";
const credential = (username: string, password: string) =>
  `${HOST}username=${username}\npassword=${password}\n`;

test("git's passwords are where git-credential-wincred has them", "git", async (entries) => {
  const more = "oauth_refresh_token=r\npassword_expiry_utc=4102444800\n";
  assertEquals(await git(entries, "store", credential("alice", "pw") + more), DONE);
  await git(entries, "store", `${HOST}path=a.git\nusername=bob\npassword=of bob\n`);
  assertEquals(targets(), [
    "git:https://alice@git.example.com",
    "git:https://bob@git.example.com/a.git",
  ]);
  assertEquals(
    (await git(entries, "get", HOST)).out,
    "username=alice\npassword=pw\npassword_expiry_utc=4102444800\noauth_refresh_token=r\n",
  );
  await git(entries, "erase", credential("alice", "pw"));
  assertEquals(targets(), ["git:https://bob@git.example.com/a.git"]);
});

for (const length of [2_000, 20_000]) {
  test(`git keeps a token of ${length} characters`, "git", async (entries) => {
    const token = "é".repeat(length);
    await git(entries, "store", credential("alice", "short"));
    assertEquals(await git(entries, "store", credential("alice", token)), DONE);
    assert(!targets().includes("git:https://alice@git.example.com"));
    assertEquals((await git(entries, "get", HOST)).out, `username=alice\npassword=${token}\n`);
    const before = enumerateCredentials();
    await git(entries, "store", credential("alice", token));
    assertEquals(enumerateCredentials(), before);
    await git(entries, "store", credential("alice", "short"));
    assertEquals(targets(), ["git:https://alice@git.example.com"]);
    await git(entries, "store", credential("alice", token));
    await git(entries, "erase", credential("alice", "other"));
    assertEquals((await git(entries, "get", HOST)).out, `username=alice\npassword=${token}\n`);
    await git(entries, "erase", credential("alice", token));
    assertEquals(targets(), []);
  });
}

const HUB = "https://index.docker.io/v1/";

function input(Username: string, Secret: string, ServerURL = HUB): string {
  return JSON.stringify({ ServerURL, Username, Secret });
}

test("docker's passwords are where its own helper has them", "docker", async (entries) => {
  assertEquals(await docker(entries, "store", input("alice", "pässwörd")), DONE);
  await docker(entries, "store", input("<token>", "t", "r.example:5000"));
  assertEquals(targets(), [HUB, "r.example:5000"]);
  assertEquals(JSON.parse((await docker(entries, "get", HUB)).out).Secret, "pässwörd");
  assertEquals(JSON.parse((await docker(entries, "list")).out), {
    [HUB]: "alice",
    "r.example:5000": "<token>",
  });
  assertEquals(await docker(entries, "erase", HUB), DONE);
  assertEquals(targets(), ["r.example:5000"]);
});

test(
  "docker logs in as another user, who takes the place of the first",
  "docker",
  async (entries) => {
    await docker(entries, "store", input("alice", "a"));
    assertEquals(await docker(entries, "store", input("bob", "b")), DONE);
    assertEquals(JSON.parse((await docker(entries, "get", HUB)).out), {
      ServerURL: HUB,
      Username: "bob",
      Secret: "b",
    });
    assertEquals(targets(), [HUB]);
    // A token that lies elsewhere takes the place, too, and gives it up again.
    const token = "x".repeat(4_000);
    assertEquals(await docker(entries, "store", input("<token>", token)), DONE);
    assertEquals(JSON.parse((await docker(entries, "get", HUB)).out).Secret, token);
    assertEquals(JSON.parse((await docker(entries, "list")).out), { [HUB]: "<token>" });
    assertEquals(await docker(entries, "store", input("alice", "a")), DONE);
    assertEquals(targets(), [HUB]);
    assertEquals(JSON.parse((await docker(entries, "get", HUB)).out).Username, "alice");
  },
);

for (const length of [2_560, 2_561, 20_000]) {
  test(`docker keeps a token of ${length} bytes`, "docker", async (entries) => {
    const token = "x".repeat(length);
    assertEquals(await docker(entries, "store", input("<token>", token)), DONE);
    assertEquals(targets().includes(HUB), length <= 2_560);
    assertEquals(JSON.parse((await docker(entries, "get", HUB)).out).Secret, token);
    assertEquals(JSON.parse((await docker(entries, "get", "index.docker.io")).out).Secret, token);
    assertEquals(JSON.parse((await docker(entries, "list")).out), { [HUB]: "<token>" });
    assertEquals(await docker(entries, "erase", HUB), DONE);
    assertEquals(targets(), []);
  });
}

// @environment macos
// @needs tool:keyring25, docker-credential-osxkeychain
//
// Other programs and this library on the Keychain of a Mac, without a dialog: names are not asked
// for, and an item that `security add -A` made opens for every program, also when its secret is new.

import { assert, assertEquals } from "@std/assert";
import { denoFolder } from "../../dev/rig/environment.ts";
import { MacOSKeyring } from "../../src/backends/macos/backend.ts";
import type { LayoutName } from "../../src/layouts/names.ts";
import { python } from "../fixtures/parties.ts";
import { PrivateKeychain } from "../support/private_keychain.ts";

const ignore = Deno.build.os !== "darwin";
const SERVER = "https://keyring.example";
const HOST = "keyring.example";
// A dialog that was not expected ends the test.
const timeout = 60_000;

class Mac implements AsyncDisposable {
  private constructor(readonly folder: string, readonly keychain: PrivateKeychain) {}

  static async make(): Promise<Mac> {
    const folder = await Deno.realPath(await Deno.makeTempDir());
    return new Mac(folder, await PrivateKeychain.make(folder, await denoFolder()));
  }

  keyring(layout: LayoutName): MacOSKeyring {
    return new MacOSKeyring({ layout, keychain: this.keychain.path, timeoutMs: 15_000 });
  }

  /** Makes an item that opens for every program. */
  async addOpenItem(kind: "generic" | "internet", ...args: string[]): Promise<void> {
    const words = [`add-${kind}-password`, "-A", ...args, "-w", "x", this.keychain.path];
    await this.keychain.security(...words);
  }

  /** What a program's search goes by. */
  async placeOf(account: string): Promise<string[]> {
    const names = ["-a", account, "-s", HOST, this.keychain.path];
    const printed = await this.keychain.security("find-internet-password", ...names);
    const lines = printed.split("\n").map((line) => line.trim());
    return lines.filter((line) => /^"(srvr|ptcl|port|path|atyp|sdmn)"/.test(line));
  }

  async helper(program: string, args: string[], stdin: string): Promise<string> {
    const { code, out, err } = await this.keychain.run(program, args, stdin);
    assertEquals(code, 0, err);
    return out;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.keychain[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("in the Keychain, Python reads our password, and we list Python's", {
  ignore,
  timeout,
}, async () => {
  await using mac = await Mac.make();
  await using party = python("25", "macOS.Keyring", mac.keychain.env);
  const keyring = mac.keyring("python");
  await mac.addOpenItem("generic", "-a", "ålice", "-s", "my_app");
  for (const password of ["né🔑", ' p\\w "o\'brien"']) {
    await keyring.setPassword("my_app", "ålice", password);
    assertEquals(await party.get("my_app", "ålice"), password);
  }
  await party.set("my_app", "bob", "of Python");
  const names = (await keyring.list({ service: "my_app" })).map(({ username }) => username);
  assertEquals(names.sort(), ["bob", "ålice"]);
  await keyring.deletePassword("my_app", "bob");
  assertEquals(await party.get("my_app", "bob"), null);
});

Deno.test("in the Keychain, git and we read each other's password", {
  ignore,
  timeout,
}, async () => {
  await using mac = await Mac.make();
  const keyring = mac.keyring("git");
  const git = (action: string, username: string, ...lines: string[]) => {
    const all = ["protocol=https", `host=${HOST}`, `username=${username}`, ...lines];
    return mac.helper("git", ["credential-osxkeychain", action], `${all.join("\n")}\n\n`);
  };
  const open = ["-a", "alice", "-s", HOST, "-r", "htps", "-t", "dflt"];
  await mac.addOpenItem("internet", ...open);
  await keyring.setPassword(`git:${SERVER}`, "alice", "né🔑");
  assert((await git("get", "alice")).split("\n").includes("password=né🔑"));
  await git("store", "alice", "password=of git");
  assertEquals(await keyring.getPassword(`git:${SERVER}`, "alice"), "of git");
  await git("store", "bob", "password=of git");
  await keyring.setPassword(`git:${SERVER}`, "carol", "ours");
  assertEquals(await mac.placeOf("carol"), await mac.placeOf("bob"));
  const names = (await keyring.list()).map(({ username }) => username);
  assertEquals(names.sort(), ["alice", "bob", "carol"]);
});

Deno.test("in the Keychain, docker reads our password, and we list docker's", {
  ignore,
  timeout,
}, async () => {
  await using mac = await Mac.make();
  const keyring = mac.keyring("docker");
  const docker = (action: string, stdin: string) =>
    mac.helper("docker-credential-osxkeychain", [action], stdin);
  const open = ["-a", "alice", "-s", HOST, "-r", "htps", "-t", "dflt", "-l", "Docker Credentials"];
  await mac.addOpenItem("internet", ...open);
  await keyring.setPassword(SERVER, "alice", "né🔑");
  const { Username, Secret } = JSON.parse(await docker("get", SERVER));
  assertEquals([Username, Secret], ["alice", "né🔑"]);
  await keyring.deletePassword(SERVER, "alice");
  await docker("store", JSON.stringify({ ServerURL: SERVER, Username: "bob", Secret: "x" }));
  await keyring.setPassword(SERVER, "carol", "ours");
  assertEquals(await mac.placeOf("carol"), await mac.placeOf("bob"));
  const names = (await keyring.list()).map(({ username }) => username);
  assertEquals(names.sort(), ["bob", "carol"]);
});

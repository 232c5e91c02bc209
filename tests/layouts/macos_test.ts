// The layouts in the macOS Keychain, on the simulated `security` in this process.

import { assertEquals, assertRejects } from "@std/assert";
import { MacInProcess } from "../../dev/security_simulator/in_process.ts";
import { LOGIN_KEYCHAIN } from "../../dev/security_simulator/install.ts";
import { MacOSKeyring } from "../../src/backends/macos/backend.ts";
import { CorruptSecretError, KeyringError, SecretTooLargeError } from "../../src/errors.ts";
import type { LayoutName } from "../../src/layouts/layout.ts";
import { migrate } from "../../src/migrate.ts";
import type { Item, State } from "../../dev/security_simulator/state.ts";
import { FakeSecurity } from "../support/fake_security.ts";

class Mac extends MacInProcess implements Disposable {
  readonly #program = new FakeSecurity(this);

  keyring(layout: LayoutName): MacOSKeyring {
    return new MacOSKeyring({ layout });
  }

  change(by: (state: State) => void): void {
    by(this.state);
  }

  [Symbol.dispose](): void {
    this.#program[Symbol.dispose]();
  }

  get items(): Item[] {
    return this.state.keychains[LOGIN_KEYCHAIN]?.items ?? [];
  }

  /** The items without their times, each in one line. */
  get lines(): string[] {
    return this.items.map(({ created: _, modified: __, ...item }) =>
      Object.entries(item).map(([name, value]) => `${name}=${value}`).sort().join(" ")
    );
  }
}

function test(name: string, run: (mac: Mac) => Promise<void>): void {
  Deno.test(`in the Keychain, ${name}`, async () => {
    using mac = new Mac();
    await run(mac);
  });
}

async function namesIn(keyring: MacOSKeyring): Promise<string[]> {
  return (await keyring.list()).map(({ service, username }) => `${service} ${username}`);
}

test("Go's prefixes are read in its layout only", async (mac) => {
  const go = mac.keyring("go");
  const rows = {
    base64: "go-keyring-base64:cMOkc3N3b3JkMQ==",
    hex: "go-keyring-encoded:70c3a47373776f726431",
    raw: "plain",
    damaged: "go-keyring-base64:!",
  };
  mac.change(({ keychains }) => {
    for (const [account, secret] of Object.entries(rows)) {
      const item = { service: "go-svc", account, secret, created: "", modified: "" };
      keychains[LOGIN_KEYCHAIN]?.items.push(item);
    }
  });
  assertEquals(await go.getPassword("go-svc", "base64"), "pässword1");
  assertEquals(await go.getPassword("go-svc", "hex"), "pässword1");
  assertEquals(await go.getPassword("go-svc", "raw"), "plain");
  await assertRejects(() => go.getPassword("go-svc", "damaged"), CorruptSecretError);
  const rust = mac.keyring("rust");
  assertEquals(await rust.getPassword("go-svc", "hex"), rows.hex);
  await go.setPassword("go-svc", "new", "pässword1");
  assertEquals(await rust.getPassword("go-svc", "new"), rows.base64);
  await assertRejects(() => go.setPassword("go-svc", "x", "x".repeat(1600)), SecretTooLargeError);
});

test("Python, keytar, Bun and Rust share one item, and keep its label", async (mac) => {
  const [python, keytar, bun, rust] = (["python", "keytar", "bun", "rust"] as const)
    .map((layout) => mac.keyring(layout));
  await keytar?.setPassword("svc", "alice", "pw");
  mac.change(({ keychains }) => {
    Object.assign(keychains[LOGIN_KEYCHAIN]?.items[0] ?? {}, { label: "My label" });
  });
  const places = await python?.locate?.("svc", "alice");
  assertEquals(places?.length, 1);
  for (const keyring of [keytar, bun, rust]) {
    assertEquals(await keyring?.locate?.("svc", "alice"), places);
    await keyring?.setPassword("svc", "alice", "new");
    assertEquals(await python?.getPassword("svc", "alice"), "new");
  }
  assertEquals(mac.lines, ["account=alice label=My label secret=new service=svc"]);
  assertEquals(await python?.locate?.("svc", "bob"), []);
});

test("a large secret that this library stored in parts is not another program's", async (mac) => {
  await mac.keyring("python").setPassword("svc", "alice", "x".repeat(3000));
  const keytar = mac.keyring("keytar");
  await assertRejects(() => keytar.getPassword("svc", "alice"), KeyringError, 'layout "python"');
  assertEquals(await namesIn(keytar), ["svc alice"]);
});

const HOST = "git:https://git.example.com";

test("git's passwords are internet passwords, and port and path are exact", async (mac) => {
  const git = mac.keyring("git");
  await git.setPassword(`${HOST}:8443`, "alice", "of the port");
  await git.setPassword(`${HOST}/team/a.git`, "alice", "of the path");
  assertEquals(await git.getPassword(HOST, "alice"), null);
  await assertRejects(() => git.deletePassword(HOST, "alice"), KeyringError, "no such entry");
  assertEquals(mac.items.length, 2);
  await git.setPassword(`git:http://git.example.com`, "alice", "plain");
  assertEquals(await git.getPassword(HOST, "alice"), null);
  assertEquals(await git.getPassword(`${HOST}:8443`, "alice"), "of the port");
  assertEquals(await git.getPassword(`${HOST}/team/a.git`, "alice"), "of the path");
  assertEquals(await git.getPassword(`${HOST}/team`, "alice"), null);
  assertEquals(
    mac.lines[0],
    [
      "account=alice authentication=dflt class=inet label=git.example.com:8443 port=8443",
      "protocol=htps secret=of the port server=git.example.com",
    ].join(" "),
  );
  assertEquals(await namesIn(git), [
    "git:http://git.example.com alice",
    `${HOST}/team/a.git alice`,
    `${HOST}:8443 alice`,
  ]);
  await git.deletePassword(`${HOST}:8443`, "alice");
  assertEquals(mac.items.length, 2);
});

function relabel(mac: Mac, index: number, label: string): void {
  mac.change(({ keychains }) => {
    Object.assign(keychains[LOGIN_KEYCHAIN]?.items[index] ?? {}, { label });
  });
}

test("passwords of one host are told apart by their labels", async (mac) => {
  const git = mac.keyring("git");
  await git.setPassword(`${HOST}:8443`, "alice", "of the port");
  await git.setPassword(HOST, "alice", "of the host");
  assertEquals(await git.getPassword(HOST, "alice"), "of the host");
  await git.setPassword(HOST, "alice", "new");
  assertEquals(mac.items.map(({ secret }) => secret), ["of the port", "new"]);

  // As git's own helper labels them.
  relabel(mac, 0, "git.example.com");
  const get = () => git.getPassword(HOST, "alice");
  const remove = () => git.deletePassword(HOST, "alice");
  const set = () => git.setPassword(HOST, "alice", "newer");
  for (const call of [get, set, remove]) {
    await assertRejects(call, KeyringError, "security cannot tell it from");
  }
  assertEquals(mac.items.map(({ secret }) => secret), ["of the port", "new"]);
  relabel(mac, 1, "another");
  await remove();
  assertEquals(mac.items.map(({ secret }) => secret), ["of the port"]);
  await assertRejects(set, KeyringError, "security cannot tell it from");
  assertEquals(mac.items.length, 1);
});

test("an update keeps the label, and replaces all of git's lines", async (mac) => {
  const git = mac.keyring("git");
  const lines = "tok\npassword_expiry_utc=1999999999\noauth_refresh_token=refr";
  await git.setPassword(HOST, "alice", lines);
  mac.change(({ keychains }) => {
    Object.assign(keychains[LOGIN_KEYCHAIN]?.items[0] ?? {}, { label: "mine" });
  });
  assertEquals(await git.getPassword(HOST, "alice"), lines);
  await git.setPassword(HOST, "alice", "new");
  assertEquals([mac.items[0]?.label, mac.items[0]?.secret], ["mine", "new"]);
  await assertRejects(() => git.setPassword("git:ssh://host", "a", "b"), KeyringError, "no code");
});

test("Git Credential Manager's password is read only", async (mac) => {
  const git = mac.keyring("git");
  await mac.keyring("python").setPassword(HOST, "alice", "of GCM");
  await mac.keyring("python").setPassword("other", "alice", "x");
  assertEquals(await git.getPassword(HOST, "alice"), "of GCM");
  assertEquals(await namesIn(git), [`${HOST} alice`]);
  await assertRejects(() => git.deletePassword(HOST, "alice"), KeyringError, "another program");
  await git.setPassword(HOST, "alice", "ours");
  assertEquals(await git.getPassword(HOST, "alice"), "ours");
  assertEquals(mac.items.map(({ secret }) => secret), ["of GCM", "x", "ours"]);
  await assertRejects(() => git.deletePassword(HOST, "alice"), KeyringError, "it was deleted, but");
  assertEquals(await namesIn(git), [`${HOST} alice`]);
});

test("docker's passwords have its label, and a server has two spellings", async (mac) => {
  const docker = mac.keyring("docker");
  await docker.setPassword("https://index.docker.io/v1/", "alice", "hub");
  await docker.setPassword("ghcr.io", "alice", "gh");
  await docker.setPassword("http://localhost:5000", "alice", "local");
  assertEquals(
    mac.lines[0],
    [
      "account=alice authentication=dflt class=inet label=Docker Credentials path=/v1/ port=0",
      "protocol=htps secret=hub server=index.docker.io",
    ].join(" "),
  );
  assertEquals(await namesIn(docker), [
    "http://localhost:5000 alice",
    "https://ghcr.io alice",
    "https://index.docker.io/v1/ alice",
  ]);
  assertEquals(await docker.getPassword("https://ghcr.io", "alice"), "gh");
  assertEquals(docker.keyOf("https://ghcr.io", "alice"), docker.keyOf("ghcr.io", "alice"));
  assertEquals(await mac.keyring("git").list(), []);
  await docker.deletePassword("ghcr.io", "alice");
  assertEquals(mac.items.length, 2);
});

test("what is one item is not deleted, and is written anew only by force", async (mac) => {
  const [python, go] = [mac.keyring("python"), mac.keyring("go")];
  await python.setPassword("svc", "alice", "né");
  const [read] = await migrate(python, go, { delete: true });
  assertEquals([read?.state, read?.deleted], ["one entry", false]);
  await go.setPassword("svc", "alice", "né");
  const [seen] = await migrate(go, python, { delete: true });
  assertEquals([seen?.state, seen?.deleted], ["differs", false]);
  const [written] = await migrate(go, python, { delete: true, force: true });
  assertEquals([written?.state, written?.deleted], ["replaced", false]);
  assertEquals(await python.getPassword("svc", "alice"), "né");
  assertEquals(await go.getPassword("svc", "alice"), "né");
  const [moved] = await migrate(python, mac.keyring("git"), {
    rename: { svc: HOST },
    delete: true,
  });
  assertEquals([moved?.state, moved?.deleted], ["copied", true]);
  assertEquals(mac.items.map(({ class: name }) => name), ["inet"]);
});

// What goes wrong on a Mac, and what the keyring says then. Its messages are never English here.

import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { LOGIN_KEYCHAIN, SimulatedMac } from "../../../dev/security_simulator/install.ts";
import type { Item, State } from "../../../dev/security_simulator/state.ts";
import {
  MacOSKeyring,
  type MacOSKeyringOptions,
  probe,
} from "../../../src/backends/macos/backend.ts";
import {
  InitError,
  KeyringError,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
  PasswordDeleteError,
  PasswordSetError,
  SecretTooLargeError,
} from "../../../src/errors.ts";
import { replaceProgram } from "../../../src/backends/macos/security.ts";
import { oneItemKeyring } from "../../support/one_item.ts";

type Bench = { mac: SimulatedMac; keyring: MacOSKeyring };
const SECRET = "made-up-secret";
const ignore = Deno.build.os === "windows";

function test(name: string, run: (bench: Bench) => Promise<void>): void {
  Deno.test(`MacOSKeyring ${name}`, { ignore }, async () => {
    using mac = new SimulatedMac();
    mac.change((state) => void (state.translated = true));
    await run({ mac, keyring: on(mac) });
  });
}

function on(mac: SimulatedMac, options: MacOSKeyringOptions = {}): MacOSKeyring {
  return new MacOSKeyring(replaceProgram(options, mac.program));
}

function items(state: State): Item[] {
  return state.keychains[LOGIN_KEYCHAIN]?.items ?? [];
}

async function rejected<E extends KeyringError>(
  call: () => Promise<unknown>,
  // deno-lint-ignore no-explicit-any
  errorClass: new (...args: any[]) => E,
): Promise<E> {
  const error = await assertRejects(call, errorClass);
  assert(!Deno.inspect(error).includes(SECRET));
  return error;
}

function calls(keyring: MacOSKeyring): (() => Promise<unknown>)[] {
  return [
    () => keyring.getPassword("svc", "alice"),
    () => keyring.setPassword("svc", "alice", SECRET),
    () => keyring.deletePassword("svc", "alice"),
  ];
}

test("gives the program -i and one line, and no secret", async ({ mac, keyring }) => {
  await keyring.setPassword("svc", "-w", SECRET);
  await keyring.getPassword("svc", "-w");
  await keyring.list();
  await keyring.deletePassword("svc", "-w");
  const { log } = mac.state;
  assertEquals(log.map(({ argv }) => argv), log.map(() => ["-i"]));
  assertEquals(log.map(({ lines }) => lines.length), log.map(() => 1));
  assert(!JSON.stringify(log).includes(SECRET));
  assert(log.every(({ lines }) => !/"-[wTA]"(?! "-s")/.test(lines[0] ?? "")));
});

/** Runs a call and gives the commands that it ran. */
async function commandsOf(mac: SimulatedMac, call: () => Promise<unknown>): Promise<string[]> {
  mac.change((state) => void (state.log = []));
  await call();
  return mac.state.log.map(({ lines: [line = ""] }) => line.replace(/-.*/, ""));
}

test("runs as few programs as it can", async ({ mac, keyring }) => {
  const get = () => keyring.getPassword("svc", "alice");
  const set = () => keyring.setPassword("svc", "alice", SECRET);
  const setLarge = () => keyring.setPassword("svc", "alice", SECRET.repeat(200));
  const remove = () => keyring.deletePassword("svc", "alice", { missingOk: true });
  const [found, missing] = [["find"], ["find", "default"]];
  const [stored, deleted] = [["find", "add", "find"], ["find", "delete"]];
  assertEquals(await commandsOf(mac, get), missing);
  assertEquals(await commandsOf(mac, set), stored);
  assertEquals(await commandsOf(mac, set), stored);
  assertEquals(await commandsOf(mac, get), found);
  const parts = ["add", "find", "add", "find", "add", "find"];
  assertEquals(await commandsOf(mac, setLarge), [...parts, ...stored, "dump"]);
  assertEquals(await commandsOf(mac, get), ["find", "find", "find", "find"]);
  assertEquals(await commandsOf(mac, remove), [...deleted, "delete", "delete", "delete"]);
  assertEquals(await commandsOf(mac, remove), [...deleted, "default"]);
  assertEquals(await commandsOf(mac, () => keyring.list()), ["dump"]);
});

test("replaces what it cannot read, unless that asked the user", async ({ mac, keyring }) => {
  await keyring.setPassword("svc", "alice", "old");
  const script = `
    read -r line
    case "$line" in
      find*) [ -e "$0.added" ] || { echo "find-generic-password: returned -25295" >&2; exit 49; } ;;
      add*) touch "$0.added" ;;
    esac
    echo "$line" | "$0.real" -i`;
  await Deno.copyFile(mac.program, `${mac.program}.real`);
  await fake(mac, script).setPassword("svc", "alice", SECRET);
  assertEquals(items(mac.state).map(({ secret }) => secret), [SECRET]);
});

test("shares its entries with other users of security", async ({ mac, keyring }) => {
  await mac.run(["add-generic-password", "-s", "svc", "-a", "alice", "-w", "naïve"]);
  assertEquals(await keyring.getPassword("svc", "alice"), "naïve");
  await keyring.setPassword("svc", "bob", SECRET);
  const { stdout } = await mac.run(["find-generic-password", "-s", "svc", "-a", "bob", "-w"]);
  assertEquals(stdout, `${SECRET}\n`);
});

test("says what to do in a session without dialogs", async ({ mac, keyring }) => {
  await keyring.setPassword("svc", "alice", "old");
  mac.change((state) => {
    state.gui = false;
    for (const keychain of Object.values(state.keychains)) keychain.locked = true;
  });
  for (const call of calls(keyring)) {
    const error = await rejected(call, KeyringLockedError);
    assertEquals([error.code, error.codeName], [-25308, "errSecInteractionNotAllowed"]);
    for (const word of ["SSH", "launchd", "cron"]) assertStringIncludes(error.message, word);
  }
  assertEquals((await keyring.list()).length, 1);
});

for (const [status, name] of [[-25293, "denied"], [-128, "cancelled"]] as const) {
  test(`says what to do when access was ${name}`, async ({ mac, keyring }) => {
    await keyring.setPassword("svc", "alice", "old");
    mac.change((state) => items(state).forEach((item) => item.refusesRead = status));
    const get = () => keyring.getPassword("svc", "alice");
    const error = await rejected(get, KeyringLockedError);
    assertEquals(error.code, status);
    assertStringIncludes(error.message, "Always Allow");
    await rejected(() => keyring.setPassword("svc", "alice", SECRET), KeyringLockedError);
  });
}

test("tells an entry that is not there from a search that failed", async ({ mac, keyring }) => {
  assertEquals(await keyring.getPassword("svc", "alice"), null);
  await rejected(() => keyring.deletePassword("svc", "alice"), PasswordDeleteError);
  mac.change((state) => void (state.defaultKeychain = null));
  for (const call of calls(keyring)) {
    const error = await rejected(call, InitError);
    assertEquals(error.code, -25307);
  }
  mac.change((state) => void (state.keychains = {}));
  await rejected(() => keyring.list(), InitError);
});

test("keeps the old password when the update is refused", async ({ mac, keyring }) => {
  await keyring.setPassword("svc", "alice", "old");
  mac.change((state) => items(state).forEach((item) => item.refusesUpdate = true));
  const set = () => keyring.setPassword("svc", "alice", SECRET);
  const error = await rejected(set, PasswordSetError);
  assertEquals(error.code, -25299);
  assertEquals(await keyring.getPassword("svc", "alice"), "old");
});

test("never takes the default keychain for a missing one", async ({ mac, keyring }) => {
  await keyring.setPassword("svc", "alice", "old");
  const missing = on(mac, { keychain: "/tmp/missing.keychain" });
  for (const call of [...calls(missing), () => missing.list()]) await rejected(call, InitError);
  assertEquals(items(mac.state).map(({ secret }) => secret), ["old"]);
});

test("keeps to the named keychain, without prompting for a locked one", async ({ mac }) => {
  mac.change((state) => {
    state.keychains["/tmp/own"] = { password: "", locked: false, items: [] };
  });
  const own = on(mac, { keychain: "/tmp/own", timeoutMs: 10_000 });
  await own.setPassword("svc", "alice", SECRET);
  assertEquals(items(mac.state), []);
  mac.change((state) => {
    const keychain = state.keychains["/tmp/own"];
    assert(keychain);
    keychain.locked = true;
  });
  assertEquals((await own.list()).length, 1);
  assertEquals(await own.getPassword("svc", "bob"), null);
});

test("refuses what no line can hold before anything runs", async ({ mac, keyring }) => {
  const large = SECRET.repeat(4000);
  const set = () => keyring.setPassword("svc", "alice", large);
  const error = await rejected(set, SecretTooLargeError);
  assertEquals([error.size, error.limit], [large.length, 42_000]);
  const item = await rejected(
    () => oneItemKeyring(replaceProgram({}, mac.program)).setPassword("svc", "alice", large),
    SecretTooLargeError,
  );
  assertEquals(item.size, large.length);
  assertGreater(item.limit, 1900);
  assertLess(item.limit, 2047);
  const quotes = '"'.repeat(2100);
  await rejected(() => keyring.setPassword(quotes, "alice", SECRET), PasswordSetError);
  await rejected(() => keyring.getPassword(quotes, "alice"), KeyringError);
  await rejected(() => keyring.setPassword("a\nb", "alice", SECRET), PasswordSetError);
  await rejected(() => keyring.setPassword("svc", "a\0b", SECRET), PasswordSetError);
  await rejected(() => keyring.deletePassword("svc", "a\nb"), PasswordDeleteError);
  assertEquals(mac.state.log, []);
});

test("holds exactly as much in an item as it says", async ({ mac }) => {
  const keyring = oneItemKeyring(replaceProgram({}, mac.program));
  const tooMuch = () => keyring.setPassword("s", "\\", SECRET.repeat(1000));
  const { limit } = await rejected(tooMuch, SecretTooLargeError);
  const password = "z".repeat(limit);
  await keyring.setPassword("s", "\\", password);
  assertEquals(await keyring.getPassword("s", "\\"), password);
});

test("notices that nothing was stored", async ({ mac, keyring }) => {
  mac.change((state) => void (state.storesNothing = true));
  await rejected(() => keyring.setPassword("svc", "alice", SECRET), PasswordSetError);
});

test("notices that an old password was kept", async ({ mac, keyring }) => {
  await keyring.setPassword("svc", "alice", "old");
  mac.change((state) => {
    state.ignoresUpdate = true;
    items(state).forEach((item) => item.modified = "20260102030405Z");
  });
  await rejected(() => keyring.setPassword("svc", "alice", SECRET), PasswordSetError);
});

test("stores an entry that another process stores at the same time", async ({ mac, keyring }) => {
  // A copy of the module does not know of the turns that writers of one process take.
  const copy = import.meta.resolve("../../../src/backends/macos/backend.ts?copy");
  const { MacOSKeyring: Other }: { MacOSKeyring: typeof MacOSKeyring } = await import(copy);
  const other = new Other(replaceProgram({}, mac.program));
  for (let count = 0; count < 3; count++) {
    const values = [`ours ${count}`, `theirs ${count}`];
    await Promise.all(
      [keyring, other].map((each, index) => each.setPassword("svc", "alice", values[index] ?? "")),
    );
    assert(values.includes(await keyring.getPassword("svc", "alice") ?? ""));
  }
});

test("does not wait for a dialog for ever", async ({ mac }) => {
  mac.change((state) => {
    for (const keychain of Object.values(state.keychains)) keychain.locked = true;
  });
  const set = () => on(mac, { timeoutMs: 500 }).setPassword("svc", "alice", SECRET);
  await rejected(set, KeyringTimeoutError);
  const signal = AbortSignal.timeout(300);
  const error = await assertRejects(() => on(mac).setPassword("svc", "alice", SECRET, { signal }));
  assertEquals(error, signal.reason);
});

test("lets writers take turns", async ({ mac, keyring }) => {
  mac.change((state) => void (state.fragile = true));
  const names = ["a", "b", "c"];
  await Promise.all(names.map((name) => keyring.setPassword("svc", name, name)));
  await Promise.all(names.map((name) => on(mac).setPassword("svc", name, SECRET)));
  assertEquals(items(mac.state).map(({ secret }) => secret), names.map(() => SECRET));
});

test("gives up its turn when it is aborted", async ({ mac, keyring }) => {
  const first = keyring.setPassword("svc", "a", "1");
  const controller = new AbortController();
  const second = keyring.setPassword("svc", "b", "2", { signal: controller.signal });
  controller.abort(new Error("enough"));
  await assertRejects(() => second, Error, "enough");
  await keyring.setPassword("svc", "c", "3");
  await first;
  assertEquals(items(mac.state).map(({ account }) => account), ["a", "c"]);
});

test("lists generic passwords only, each once", async ({ mac, keyring }) => {
  const times = { created: "20250102030405Z", modified: "20260102030405Z", secret: SECRET };
  const item = { ...times, service: "svc", account: "two\nlines" };
  mac.change((state) => {
    items(state).push(item, { ...item, class: "inet" }, { ...times, service: "no account" });
    items(state).push({ ...item, account: "\xff\xfe" }, { ...item, account: "zoë\\" });
    items(state).push({ ...item, account: "zo\xc3\xab", comment: "by h\xc3\xa4nd" });
    state.keychains["/tmp/second"] = { password: "", locked: true, items: [item] };
    state.searchList.push("/tmp/second");
  });
  const modified = new Date("2026-01-02T03:04:05Z");
  assertEquals(await keyring.list(), [
    { service: "svc", username: "two\nlines", modified },
    { service: "svc", username: "zoë", modified, comment: "by händ" },
  ]);
  assertEquals(await keyring.getCredential("svc"), { username: "zoë", password: SECRET });
  assertEquals(await keyring.list({ service: "other" }), []);
});

function fake(mac: SimulatedMac, script: string): MacOSKeyring {
  Deno.writeTextFileSync(mac.program, `#!/bin/sh\n${script}\n`);
  return on(mac);
}

test("goes by the exit code where no status is told", async ({ mac }) => {
  const get = (script: string) => () => fake(mac, script).getPassword("svc", "alice");
  const locked = await rejected(get("cat >/dev/null; exit 36"), KeyringLockedError);
  assertEquals(locked.code, -25308);
  const missing = fake(mac, "read -r line; case $line in find*) exit 44 ;; esac");
  assertEquals(await missing.getPassword("svc", "alice"), null);
  const unknown = await rejected(get("cat >/dev/null; exit 99"), KeyringError);
  assertEquals(unknown.code, 99);
});

test("believes no exit code 0 alone", async ({ mac }) => {
  const told = 'cat >/dev/null; echo "find-generic-password: returned -67840" >&2';
  const error = await rejected(() => fake(mac, told).getPassword("svc", "a"), KeyringError);
  assertEquals(error.code, -67840);
  const silent = fake(mac, "cat >/dev/null");
  await rejected(() => silent.getPassword("svc", "a"), KeyringError);
  await rejected(() => silent.setPassword("svc", "a", SECRET), PasswordSetError);
});

test("takes no secret for a status", async ({ keyring }) => {
  const secret = "find-generic-password: returned -25300";
  await keyring.setPassword("svc", "alice", secret);
  assertEquals(await keyring.getPassword("svc", "alice"), secret);
  await keyring.setPassword("svc", "alice", `\n${secret}\n`);
  assertEquals(await keyring.getPassword("svc", "alice"), `\n${secret}\n`);
});

Deno.test("MacOSKeyring refuses what is no path", () => {
  for (const keychain of ["", "-s", "a\nb", "a\0b", "\ud800", `/${"k".repeat(1024)}`]) {
    assertThrows(() => new MacOSKeyring({ keychain }), TypeError);
  }
});

// What Windows says of a missing program is not what macOS says.
Deno.test("MacOSKeyring says when there is no such program", { ignore }, async () => {
  const options = replaceProgram({}, "/nonexistent/security");
  const get = () => new MacOSKeyring(options).getPassword("svc", "alice");
  await rejected(get, NoKeyringError);
  assertEquals((await probe(options)).viable, false);
});

Deno.test({
  name: "MacOSKeyring names the missing permission",
  permissions: { run: false },
  fn: async () => {
    const flag = "--allow-run=/usr/bin/security";
    const get = () => new MacOSKeyring().getPassword("svc", "alice");
    assertEquals((await rejected(get, KeyringPermissionError)).flag, flag);
    const { viable, flag: missing } = await probe();
    assertEquals([viable, missing], [false, flag]);
  },
});

test("needs no permission but to run its program", async ({ mac }) => {
  mac.change((state) => {
    state.keychains["/tmp/own"] = { password: "", locked: false, items: [] };
  });
  const script = `
    import { MacOSKeyring } from ${
    JSON.stringify(import.meta.resolve("../../../src/backends/macos/backend.ts"))
  };
    import { replaceProgram } from ${
    JSON.stringify(import.meta.resolve("../../../src/backends/macos/security.ts"))
  };
    const options = replaceProgram({ keychain: "/tmp/own" }, ${JSON.stringify(mac.program)});
    const keyring = new MacOSKeyring(options);
    await keyring.setPassword("svc", "alice", "made-up");
    await keyring.deletePassword("svc", (await keyring.getCredential("svc")).username);
    console.log((await keyring.list()).length);`;
  const file = `${mac.program}.js`;
  Deno.writeTextFileSync(file, script);
  const args = ["run", "--no-prompt", "--no-lock", `--allow-run=${mac.program}`, file];
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertEquals(new TextDecoder().decode(stdout), "0\n", new TextDecoder().decode(stderr));
});

test("is looked for without a prompt or a write", async ({ mac }) => {
  const options = replaceProgram({}, mac.program);
  assertEquals(await probe(options), { viable: true });
  mac.change((state) => void (state.defaultKeychain = null));
  assertEquals((await probe(options)).viable, false);
});

Deno.test("MacOSKeyring is looked for on a Mac only", async () => {
  if (Deno.build.os !== "darwin") assertEquals((await probe()).viable, false);
});

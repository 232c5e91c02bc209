// `keyring import` and `export` on the Credential Manager.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { WindowsKeyring } from "../../src/backends/windows/backend.ts";
import { CredentialManager } from "../../src/backends/windows/manager.ts";
import { formatJsonl } from "../../src/records/jsonl.ts";
import type { Outcome } from "../fixtures/command.ts";
import { FakeWindows } from "../fixtures/fake_windows.ts";
import { storedBytes } from "../fixtures/many_entries.ts";
import { pipedText, runMain } from "../fixtures/main.ts";

const windows = new FakeWindows();
const keyring = new WindowsKeyring();
const manager = new CredentialManager();

function importText(text: string, ...args: string[]): Promise<Outcome> {
  return runMain(["import", ...args], keyring, { stdin: pipedText(text), os: "windows" });
}

async function emptied(): Promise<void> {
  for (const { service, username } of await keyring.list()) {
    await keyring.deletePassword(service, username);
  }
}

Deno.test("import takes names for the same as the Credential Manager does", async () => {
  const names = ["Svc", "svc", "LegacyGeneric:target=SVC"];
  const lines = names.map((service) => ({ service, username: "u", secret: "made-up" }));
  const twice = await importText(formatJsonl(lines));
  assertEquals(twice.code, 1);
  for (const line of [2, 3]) {
    const reason = `line ${line}: line 1 holds the same service and username\n`;
    assertStringIncludes(twice.err, reason);
  }
  assertEquals(await keyring.list(), []);

  await keyring.setPassword("SVC", "u", "old");
  windows.calls.length = 0;
  for (const line of lines) {
    const there = await importText(formatJsonl([line]));
    assertStringIncludes(there.err, "already exists\n");
  }
  assertEquals(windows.calls.filter((call) => call !== "CredReadW"), []);
  const replaced = await importText(formatJsonl(lines.slice(1, 2)), "--on-conflict=replace");
  assertEquals(replaced.out, "stored 0, replaced 1, skipped 0, failed 0\n");
  assertEquals((await keyring.list()).length, 1);
  assertEquals(await keyring.getPassword("SVC", "u"), "made-up");
  await emptied();
});

Deno.test("export of the Credential Manager stores the same bytes again", async () => {
  const large = "large ".repeat(1_000);
  await keyring.setPassword("own", "text", "s3cret é");
  await keyring.setPassword("own", "large text", large);
  await keyring.setPassword("own", "large as UTF-16", "x".repeat(2_000));
  await keyring.setSecret("own", "bytes", new TextEncoder().encode("UTF-8é"));
  for (const [user, encoding] of [["git", "utf-8"], ["cmdkey", "utf-16le"]] as const) {
    const target = `other:${user}`;
    manager.write({ target, userName: user, comment: "", secret: "UTF-8é", encoding });
  }
  const { out, err } = await runMain(["export"], keyring, { os: "windows" });
  assertEquals(err, "");
  const exported = out.trimEnd().split("\n").map((line) => JSON.parse(line));
  const texts = exported.map(({ username, password }) => [username, password]);
  assertEquals(Object.fromEntries(texts), {
    text: "s3cret é",
    "large text": large,
    "large as UTF-16": "x".repeat(2_000),
    bytes: undefined,
    git: undefined,
    cmdkey: "UTF-8é",
  });
  const before = await storedBytes(keyring, "");
  await emptied();
  const stored = await importText(out);
  assertEquals([stored.code, stored.err], [0, ""]);
  assertEquals(await storedBytes(keyring, ""), before);
  await emptied();
});

Deno.test("import reports usernames that share a target before it stores anything", async () => {
  await emptied();
  const names = ["root", "alice", "Alice", "bob", "ALICE"];
  const lines = names.map((username) => ({ service: "svc", username, secret: "made-up" }));
  const reason = (line: number) =>
    `keyring: line ${line}: its target in Windows, "${names[line - 1]}@svc", is taken by the ` +
    'entry of "alice" for "svc", whose name differs only in case. Delete that entry, or use ' +
    "another username.\n";
  assertEquals(await importText(formatJsonl(lines)), {
    code: 1,
    out: "",
    err: `${reason(3)}${reason(5)}keyring: Nothing was stored: 2 lines are wrong\n`,
  });
  assertEquals(await keyring.list(), []);

  await importText(formatJsonl(lines.slice(0, 2)));
  const third = await importText(formatJsonl(lines.slice(2, 4)));
  assertEquals(third.err.split("\n")[0]?.includes("line 1: its target in Windows"), true);
  assertEquals((await keyring.list()).map(({ username }) => username), ["alice", "root"]);
  await emptied();
  // Two of them have a target each.
  const two = [lines[1], lines[2]].filter((line) => line !== undefined);
  assertEquals((await importText(formatJsonl(two))).code, 0);
  assertEquals((await importText(formatJsonl(two), "--on-conflict=replace")).code, 0);
  await emptied();
});

Deno.test("import reports names that share the target of another program's layout", async () => {
  const keytar = new WindowsKeyring({ layout: "keytar" });
  const names = [["a", "alice"], ["a", "ALICE"], ["a/b", "c"], ["a", "b/c"]] as const;
  const lines = names.map(([service, username]) => ({ service, username, secret: "x" }));
  const stdin = pipedText(formatJsonl(lines));
  const { code, err } = await runMain(["import"], keytar, { stdin, os: "windows" });
  assertEquals([code, [...err.matchAll(/^keyring: (line \d)/gm)].map(([, line]) => line)], [
    1,
    ["line 2", "line 4"],
  ]);
  assertEquals(await keytar.list(), []);
});

// @environment windows
// @uses tool:probe
//
// The Credential Manager seen by a program that knows nothing of this library: a small C program,
// whose path the rig passes on (dev/probe/credential_probe.c).

import { assertEquals } from "@std/assert";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { openLibraries } from "../../../src/backends/windows/calls.ts";

const PROBE = Deno.env.get("KEYRING_TEST_PROBE");
const ignore = Deno.build.os !== "windows" || !PROBE;
// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (!ignore) openLibraries();

async function probe(...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(PROBE ?? "", { args }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split(/\r?\n/).slice(0, -1);
}

Deno.test("a C program reads what WindowsKeyring stored", { ignore }, async () => {
  const service = `os-keyring-test-${crypto.randomUUID()}`;
  const keyring = new WindowsKeyring();
  try {
    await keyring.setPassword(service, "alice", "né🔑");
    const hex = "6e00e9003dd811dd";
    assertEquals(await probe("read", service), ["alice", "2", "Stored using os-keyring", hex]);
    await keyring.setPassword(service, "bob", "b");
    assertEquals((await probe("read", `bob@${service}`)).at(-1), "6200");
  } finally {
    await keyring.deletePassword(service, "alice");
    await keyring.deletePassword(service, "bob");
  }
});

Deno.test("WindowsKeyring reads and deletes what a C program stored", { ignore }, async () => {
  const service = `os-keyring-test-${crypto.randomUUID()}`;
  const keyring = new WindowsKeyring();
  await probe("write", service, "alice", "6e00e9003dd811dd");
  assertEquals(await keyring.getPassword(service, "alice"), "né🔑");
  await probe("write", service, "alice", "6e6fc3a9");
  assertEquals(await keyring.getPassword(service, "alice"), "noé");
  await keyring.deletePassword(service, "alice");
  assertEquals(await keyring.getPassword(service, "alice"), null);
});

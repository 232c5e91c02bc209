import { assertEquals, assertNotEquals } from "@std/assert";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { encodeUtf16 } from "../../../src/backends/windows/structs.ts";
import { enumerateCredentials, writeCredential } from "../../../src/backends/windows/calls.ts";
import { FakeWindows } from "../../fixtures/fake_windows.ts";

const windows = new FakeWindows();
const keyring = new WindowsKeyring();
const LARGE = "né🔑".repeat(1500);

async function callsOf(work: () => Promise<unknown>): Promise<string[]> {
  windows.calls.length = 0;
  await work();
  return windows.calls.map((name) => name.replace(/^Cred(.*)W$/, "$1"));
}

Deno.test("has() finds an entry at both places, with one read where it lies at the first", async () => {
  const has = (username: string) => keyring.has?.("S", username) ?? Promise.reject();
  await keyring.setPassword("S", "alice", "s3cret");
  await keyring.setPassword("S", "bob", LARGE);
  assertEquals(await callsOf(() => has("alice")), ["Read"]);
  assertEquals([await has("alice"), await has("bob"), await has("Bob")], [true, true, false]);
  // Only the entry itself is looked at, not the parts of a large secret.
  assertEquals(await callsOf(() => has("bob")), ["Read", "Read"]);
  for (const username of ["alice", "bob"]) await keyring.deletePassword("S", username);
});

Deno.test("keyOf() gives one key to the names of one entry", () => {
  const keyOf = (service: string, username = "alice") => keyring.keyOf?.(service, username);
  assertEquals(keyOf("Svc É"), keyOf("svc é"));
  assertEquals(keyOf("LegacyGeneric:target=svc"), keyOf("SVC"));
  assertNotEquals(keyOf("straße"), keyOf("STRASSE"));
  assertNotEquals(keyOf("svc", "Alice"), keyOf("svc", "alice"));
  assertNotEquals(keyOf("svc2"), keyOf("svc"));
});

Deno.test("WindowsKeyring holds large secrets as it is", async () => {
  assertEquals(keyring.maxSecretBytes, 42_000);
  await keyring.setPassword("S", "alice", LARGE);
  assertEquals(await keyring.getPassword("S", "alice"), LARGE);
  assertEquals((await keyring.list()).map(({ service }) => service), ["S"]);
  assertEquals(await keyring.getCredential("S"), { username: "alice", password: LARGE });
  await keyring.deletePassword("S", "alice");
  assertEquals(enumerateCredentials(), []);
});

Deno.test("an entry that fits one credential is one, and byte for byte what it was", async () => {
  for (const secret of [new Uint8Array(2560).fill(0xff), new Uint8Array()]) {
    await keyring.setSecret("S", "alice", secret);
    const [found, ...others] = enumerateCredentials({ withSecrets: true });
    assertEquals([found?.blob, others], [secret, []]);
  }
  await keyring.setPassword("S", "alice", "x".repeat(1280));
  assertEquals(enumerateCredentials().length, 1);
  await keyring.setPassword("S", "alice", "x".repeat(1281));
  assertEquals(enumerateCredentials().length, 2);
  await keyring.deletePassword("S", "alice");
});

Deno.test("getCredential() without a username prefers the entry at the service itself", async () => {
  const write = (target: string, userName: string) =>
    writeCredential({ target, userName, comment: "", persist: 1, blob: encodeUtf16(userName) });
  write("bob@S", "bob");
  assertEquals(await keyring.getCredential("S"), { username: "bob", password: "bob" });
  write("S", "carol");
  assertEquals(await keyring.getCredential("S"), { username: "carol", password: "carol" });
  for (const username of ["bob", "carol"]) await keyring.deletePassword("S", username);
  assertEquals(await keyring.getCredential("S"), null);
});

import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { PasswordSetError } from "../../../src/errors.ts";
import type { TextOptions } from "../../../src/keyring.ts";
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
  for (const [one, two] of ["ıI", "ſS", "\u00b5\u039c", "\u03d0Β", "\u212ak", "ßẞ", "İi"]) {
    assertNotEquals(keyOf(`${one}`), keyOf(`${two}`));
  }
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

Deno.test("an entry of another program keeps its attributes and its alias", async () => {
  const attributes = [
    { keyword: "label", flags: 0, value: new TextEncoder().encode("Docker Credentials") },
    { keyword: "né", flags: 0, value: new Uint8Array() },
  ];
  const fields = { target: "S", userName: "alice", comment: "theirs", persist: 3 };
  const narrow = (text: string) => new TextEncoder().encode(text);
  writeCredential({ ...fields, targetAlias: "an alias", attributes, blob: narrow("né") });
  const [before] = enumerateCredentials();
  for (const password of ["пароль", "", "x".repeat(2560)]) {
    await keyring.setPassword("S", "alice", password);
    const [after, ...others] = enumerateCredentials({ withSecrets: true });
    assertEquals(after, before && { ...before, blob: narrow(password) });
    assertEquals(others, []);
    // What is empty was in no encoding: the next text is in that of Windows.
    if (password === "") await keyring.setPassword("S", "alice", "né", { encoding: "utf-8" });
  }
  const [entry] = await keyring.list();
  assertEquals([entry?.persistence, entry?.comment], ["enterprise", "theirs"]);
  await keyring.deletePassword("S", "alice");
});

Deno.test("replacing another program's entry leaves the old one when it fails", async () => {
  const fields = { target: "S", userName: "alice", comment: "theirs", persist: 3 };
  writeCredential({ ...fields, blob: encodeUtf16("old") });
  windows.full = true;
  await assertRejects(() => keyring.setPassword("S", "alice", "new"), PasswordSetError, "full");
  windows.full = false;
  assertEquals(await keyring.getPassword("S", "alice"), "old");
  await keyring.deletePassword("S", "alice");
});

Deno.test("a write looks at both places and writes once, whoever wrote the entry", async () => {
  const set = () => keyring.setPassword("S", "alice", "s3cret");
  assertEquals(await callsOf(set), ["Read", "Read", "Write"]);
  assertEquals(await callsOf(set), ["Read", "Read", "Write"]);
  assertEquals(await callsOf(() => keyring.getPassword("S", "alice")), ["Read"]);
  assertEquals(await callsOf(() => keyring.getPassword("S", "bob")), ["Read", "Read", "Read"]);
  const remove = () => keyring.deletePassword("S", "alice");
  assertEquals(await callsOf(remove), ["Read", "Read", "Delete"]);
});

Deno.test("the encoding of a call is one that there is", async () => {
  const options = { encoding: "latin1" } as unknown as TextOptions;
  const calls = [
    () => keyring.getPassword("S", "alice", options),
    () => keyring.setPassword("S", "alice", "a", options),
    () => keyring.getCredential("S", "alice", options),
  ];
  for (const call of calls) await assertRejects(call, TypeError, 'Unknown encoding "latin1"');
});

Deno.test("only the service that parts have is reserved", async () => {
  const kelvin = "os-\u212aeyring.chunk/1";
  await keyring.setPassword(kelvin, "alice", "a");
  assertEquals((await keyring.list()).map(({ service }) => service), [kelvin]);
  await keyring.deletePassword(kelvin, "alice");
  await assertRejects(() => keyring.setPassword("OS-keyring.chunk/1", "alice", "a"));
});

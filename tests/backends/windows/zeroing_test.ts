// After a call neither our buffers nor the memory that Windows was given or gave hold the secret.

import { assertEquals, assertRejects } from "@std/assert";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { writeCredential } from "../../../src/backends/windows/calls.ts";
import { encodeUtf16 } from "../../../src/backends/windows/structs.ts";
import { PasswordSetError } from "../../../src/errors.ts";
import { BufferWatch, holdsMarker, MARKER } from "../../fixtures/buffer_watch.ts";
import { FakeWindows } from "../../fixtures/fake_windows.ts";

const windows = new FakeWindows();
const keyring = new WindowsKeyring();

async function leftovers(work: () => Promise<unknown>): Promise<number> {
  using watch = new BufferWatch();
  await work();
  return watch.holding + Number(holdsMarker(windows.memory));
}

async function storeTwo(): Promise<void> {
  await keyring.setPassword("S", "alice", `${MARKER} of alice`);
  await keyring.setPassword("S", "bob", `${MARKER} of bob`);
}

Deno.test("WindowsKeyring leaves no secret in any memory when it writes", async () => {
  assertEquals(await leftovers(storeTwo), 0);
  assertEquals(await leftovers(storeTwo), 0);
});

Deno.test("WindowsKeyring leaves no secret in any memory when it reads", async () => {
  await storeTwo();
  const read = async () => {
    assertEquals(await keyring.getPassword("S", "alice"), `${MARKER} of alice`);
    assertEquals(await keyring.getPassword("S", "bob"), `${MARKER} of bob`);
    assertEquals(await keyring.getPassword("S", "carol"), null);
    assertEquals((await keyring.getCredential("S"))?.username, "alice");
  };
  assertEquals(await leftovers(read), 0);
});

Deno.test("WindowsKeyring leaves no secret in any memory when it lists and deletes", async () => {
  await storeTwo();
  assertEquals(
    await leftovers(async () => {
      assertEquals((await keyring.list()).length, 2);
      await keyring.deletePassword("S", "bob");
      await keyring.deletePassword("S", "alice");
    }),
    0,
  );
});

Deno.test("WindowsKeyring leaves no secret in any memory when it fails", async () => {
  windows.full = true;
  const set = () => keyring.setPassword("S", "alice", MARKER);
  assertEquals(await leftovers(() => assertRejects(set, PasswordSetError)), 0);
  windows.full = false;
  const long = () => keyring.setPassword("S", "alice", MARKER.repeat(2_000));
  assertEquals(await leftovers(() => assertRejects(long, PasswordSetError)), 0);
});

Deno.test("WindowsKeyring leaves no large secret in any memory", async () => {
  const large = MARKER.repeat(200);
  const work = async () => {
    await keyring.setPassword("S", "alice", large);
    await keyring.setPassword("S", "alice", `${large}!`);
    assertEquals(await keyring.getPassword("S", "alice"), `${large}!`);
    assertEquals(await keyring.has?.("S", "alice"), true);
    assertEquals((await keyring.getSecret("S", "alice"))?.fill(0).length, large.length + 1);
    windows.full = true;
    await assertRejects(() => keyring.setPassword("S", "alice", large), PasswordSetError);
    windows.full = false;
    await keyring.deletePassword("S", "alice");
  };
  assertEquals(await leftovers(work), 0);
});

Deno.test("WindowsKeyring leaves no secret in any memory when it replaces another's", async () => {
  for (const encode of [encodeUtf16, (text: string) => new TextEncoder().encode(text)]) {
    const blob = encode(`${MARKER} of another program`);
    writeCredential({ target: "S", userName: "alice", comment: "", persist: 2, blob });
    blob.fill(0);
    const replace = async () => {
      await keyring.setPassword("S", "alice", `${MARKER} of alice`);
      windows.full = true;
      await assertRejects(() => keyring.setPassword("S", "alice", MARKER), PasswordSetError);
      windows.full = false;
      const long = () => keyring.setPassword("S", "alice", MARKER.repeat(1_000));
      await assertRejects(long, PasswordSetError);
    };
    assertEquals(await leftovers(replace), 0);
    await keyring.deletePassword("S", "alice");
  }
});

Deno.test("the bytes that WindowsKeyring returns are the only copy", async () => {
  await keyring.setSecret("S", "alice", new TextEncoder().encode(MARKER));
  const read = async () => {
    const secret = await keyring.getSecret("S", "alice");
    assertEquals(new TextDecoder().decode(secret ?? new Uint8Array()), MARKER);
    secret?.fill(0);
  };
  assertEquals(await leftovers(read), 0);
  await keyring.deletePassword("S", "alice");
});

// What another process does between two calls of ours.

import { assertEquals } from "@std/assert";
import { WindowsKeyring } from "../src/backends/windows.ts";
import { writeEntry } from "../src/backends/windows_entries.ts";
import { PERSIST } from "../src/windows/credential.ts";
import { encodeBlob } from "../src/windows/text.ts";
import { FakeWindows } from "./fixtures/fake_windows.ts";

const windows = new FakeWindows();
const keyring = new WindowsKeyring();

Deno.test("WindowsKeyring finds an entry that is moved while it is read", async () => {
  await keyring.setPassword("S", "bob", "b");
  await keyring.setPassword("S", "alice", "old");
  await keyring.deletePassword("S", "bob");
  // Now alice@S alone is there, and the next write moves it to S.
  windows.afterRead = (target) => {
    if (target !== "S") return;
    windows.afterRead = () => {};
    const details = { operation: "set", service: "S", username: "alice" } as const;
    writeEntry(details, { blob: encodeBlob("new"), comment: "", persist: PERSIST.session });
  };
  assertEquals(await keyring.getPassword("S", "alice"), "new");
  await keyring.deletePassword("S", "alice");
});

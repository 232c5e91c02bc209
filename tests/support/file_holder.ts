// Holds the lock of an encrypted file until it is killed.

import { withLock } from "../../src/backends/file/lock.ts";

const [lock = ""] = Deno.args;
await withLock(lock, "", { timeoutMs: 0 }, async () => {
  console.log("held");
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});

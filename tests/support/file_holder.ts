// Holds the lock of a file until it is killed.

import { withLock } from "../../src/backends/file/lock.ts";

const [path = ""] = Deno.args;
await withLock(path, { timeoutMs: 60_000 }, async () => {
  console.log("held");
  await new Promise((resolve) => setTimeout(resolve, 600_000));
});

// deno bench -A bench/memory_bench.ts: the cost of the contract itself, with no store behind it.

import { MemoryKeyring } from "../src/backends/memory.ts";

const keyring = new MemoryKeyring();
await keyring.setPassword("my_app", "alice", "made-up");
for (let index = 0; index < 1000; index++) {
  await keyring.setPassword("thousand", `user ${index}`, "made-up");
  if (index < 10) await keyring.setPassword("ten", `user ${index}`, "made-up");
}

Deno.bench("Memory get", async () => {
  await keyring.getPassword("my_app", "alice");
});
Deno.bench("Memory miss", async () => {
  await keyring.getPassword("my_app", "nobody");
});
Deno.bench("Memory set", async () => {
  await keyring.setPassword("my_app", "alice", "made-up");
});
Deno.bench("Memory set and delete", async () => {
  await keyring.setPassword("my_app", "bob", "made-up");
  await keyring.deletePassword("my_app", "bob");
});
Deno.bench("Memory list, 10 entries", async () => {
  await keyring.list({ service: "ten" });
});
Deno.bench("Memory list, 1000 entries", async () => {
  await keyring.list({ service: "thousand" });
});

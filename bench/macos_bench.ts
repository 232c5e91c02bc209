// deno bench -A bench/macos_bench.ts, on a Mac: in a keychain of its own, which is removed again.

import { MacOSKeyring } from "../src/backends/macos/backend.ts";

const ignore = Deno.build.os !== "darwin";
const keychain = `/tmp/os-keyring-bench-${crypto.randomUUID()}.keychain`;
const keyring = new MacOSKeyring({ keychain });

async function security(...args: string[]): Promise<void> {
  await new Deno.Command("/usr/bin/security", { args }).output();
}

async function fill(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await keyring.setPassword(`bench-${count}`, `user ${index}`, "made-up");
  }
}

if (!ignore) {
  await security("create-keychain", "-p", "made-up", keychain);
  await security("set-keychain-settings", keychain);
  await security("unlock-keychain", "-p", "made-up", keychain);
  await keyring.setPassword("bench", "alice", "made-up");
  await fill(10);
}

Deno.bench("macOS get", { ignore }, async () => {
  await keyring.getPassword("bench", "alice");
});
Deno.bench("macOS miss", { ignore }, async () => {
  await keyring.getPassword("bench", "nobody");
});
Deno.bench("macOS set", { ignore }, async () => {
  await keyring.setPassword("bench", "alice", "made-up");
});
Deno.bench("macOS set and delete", { ignore }, async () => {
  await keyring.setPassword("bench", "bob", "made-up");
  await keyring.deletePassword("bench", "bob");
});
Deno.bench("macOS list, 10 entries", { ignore }, async () => {
  await keyring.list({ service: "bench-10" });
});
Deno.bench("macOS list, 1000 entries", { ignore, n: 5, warmup: 1 }, async (bench) => {
  if ((await keyring.list({ service: "bench-1000" })).length < 1000) await fill(1000);
  bench.start();
  await keyring.list({ service: "bench-1000" });
  bench.end();
});
if (!ignore) {
  Deno.bench("(removes the keychain of the benchmark)", { n: 1, warmup: 0 }, async () => {
    await security("delete-keychain", keychain);
  });
}

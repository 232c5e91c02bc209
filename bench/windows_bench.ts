// deno bench -A bench/windows_bench.ts, on Windows or in the Wine rig. With KEYRING_TEST_PROBE set to
// the compiled dev/probe/credential_probe.c it also tells the ratio to the C program's CredReadW and
// CredEnumerateW.

import { WindowsKeyring } from "../src/backends/windows.ts";
import { CredentialManager } from "../windows.ts";

const ignore = Deno.build.os !== "windows";
const keyring = new WindowsKeyring({ persistence: "session" });
const service = `os-keyring-bench-${crypto.randomUUID()}`;

async function fill(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await keyring.setPassword(`${service}-${count}-${index}`, "alice", "made-up");
  }
}

async function empty(): Promise<void> {
  for (const entry of await keyring.list()) {
    if (entry.service.startsWith(service)) {
      await keyring.deletePassword(entry.service, entry.username);
    }
  }
}

/** Microseconds for one read through the library: the median of five runs. */
async function measureGet(count: number): Promise<number> {
  const runs: number[] = [];
  for (let run = 0; run < 5; run++) {
    const start = performance.now();
    for (let index = 0; index < count; index++) await keyring.getPassword(service, "alice");
    runs.push((performance.now() - start) * 1000 / count);
  }
  return runs.sort((a, b) => a - b)[2] ?? NaN;
}

async function compareWithC(probe: string): Promise<void> {
  const count = 2000;
  await measureGet(count);
  const ours = await measureGet(count);
  const { stdout } = await new Deno.Command(probe, { args: ["bench", service, `${count}`] })
    .output();
  const floor = Number(new TextDecoder().decode(stdout));
  const ratio = (ours / floor).toFixed(2);
  console.log(`get: ${ours.toFixed(1)} µs, CredReadW in C: ${floor.toFixed(1)} µs, ratio ${ratio}`);
}

/** One enumeration of 1,000 credentials in turns with the C program's: the median of five. */
async function compareEnumeration(probe: string): Promise<void> {
  await fill(1000);
  const manager = new CredentialManager();
  const ratios: number[] = [];
  for (let run = 0; run < 5; run++) {
    const runs: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      const start = performance.now();
      manager.enumerate();
      runs.push((performance.now() - start) * 1000);
    }
    const ours = runs.sort((a, b) => a - b)[2] ?? NaN;
    const { stdout } = await new Deno.Command(probe, { args: ["bench-enumerate", service] })
      .output();
    const [floor = NaN, count = NaN] = new TextDecoder().decode(stdout).split("\n").map(Number);
    console.log(`enumerate ${count}: ${ours.toFixed(0)} µs, CredEnumerateW in C: ${floor} µs`);
    ratios.push(ours / floor);
  }
  console.log(`enumerate: ratio ${ratios.sort((a, b) => a - b)[2]?.toFixed(2)}`);
  await empty();
  await keyring.setPassword(service, "alice", "made-up");
}

if (!ignore) {
  await keyring.setPassword(service, "alice", "made-up");
  const probe = Deno.env.get("KEYRING_TEST_PROBE");
  if (probe) {
    await compareWithC(probe);
    await compareEnumeration(probe);
  }
  await fill(10);
}

Deno.bench("Windows get", { ignore }, async () => {
  await keyring.getPassword(service, "alice");
});
Deno.bench("Windows miss", { ignore }, async () => {
  await keyring.getPassword(service, "nobody");
});
Deno.bench("Windows set", { ignore }, async () => {
  await keyring.setPassword(service, "alice", "made-up");
});
Deno.bench("Windows set and delete", { ignore }, async () => {
  await keyring.setPassword(service, "bob", "made-up");
  await keyring.deletePassword(service, "bob");
});
Deno.bench("Windows list, 10 entries", { ignore }, async () => {
  await keyring.list();
});
Deno.bench("Windows list, 1000 entries", { ignore, n: 5, warmup: 1 }, async (bench) => {
  if ((await keyring.list()).length < 1000) await fill(1000);
  bench.start();
  await keyring.list();
  bench.end();
});
if (!ignore) Deno.bench("(removes what the benchmark stored)", { n: 1, warmup: 0 }, empty);

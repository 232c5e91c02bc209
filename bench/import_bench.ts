// dev/secret_service_session.sh deno run -A bench/import_bench.ts
// deno task wine run -A --cached-only bench/import_bench.ts
//
// `keyring import` of 1,000 new entries beside as many bare writes, in turns, since a store becomes
// slower as it fills. Each entry has a service of its own. Checks that all entries come back;
// leaves none behind.

import { main } from "../src/cli/main.ts";
import { choose } from "../src/choose.ts";
import type { Entry } from "../src/records/record.ts";
import { formatJsonl } from "../src/records/jsonl.ts";
import { pipedText } from "../tests/fixtures/main.ts";

const ROUNDS = 10;
const PER_ROUND = 100;
const PREFIX = `os-keyring-bench-${crypto.randomUUID()}`;

const choice = await choose();
const { keyring } = choice;

function entriesOf(name: string, round: number): Required<Entry>[] {
  return Array.from({ length: PER_ROUND }, (_, index) => ({
    service: `${PREFIX}-${name}-${round}-${index}`,
    username: "alice",
    secret: `made-up ${index}`,
  }));
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function write(entries: Required<Entry>[]): Promise<void> {
  for (const { service, username, secret } of entries) {
    await keyring.setPassword(service, username, `${secret}`);
  }
}

async function importAll(entries: Required<Entry>[]): Promise<void> {
  const code = await main(["import"], {
    stdin: pipedText(formatJsonl(entries)),
    choose: () => Promise.resolve(choice),
    writeOut: () => Promise.resolve(),
  });
  if (code !== 0) throw new Error("import failed");
}

async function check(entries: Required<Entry>[]): Promise<void> {
  for (const { service, username, secret } of entries) {
    const found = await keyring.getPassword(service, username);
    await keyring.deletePassword(service, username);
    if (found !== secret) throw new Error(`${service} did not come back`);
  }
}

const times = { write: 0, import: 0 };
const stored: Required<Entry>[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const [bare, imported] = [entriesOf("bare", round), entriesOf("import", round)];
  stored.push(...bare, ...imported);
  times.write += await timed(() => write(bare));
  times.import += await timed(() => importAll(imported));
}
const rates = Object.entries(times).map(([name, ms]) =>
  [name, ROUNDS * PER_ROUND * 1000 / ms] as const
);
for (const [name, rate] of rates) {
  console.log(`${name.padEnd(6)} ${rate.toFixed(1)} entries a second`);
}
console.log(`import has ${(times.write / times.import).toFixed(2)} of the rate of bare writes`);
await check(stored);

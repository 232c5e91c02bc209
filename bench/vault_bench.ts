// deno run -A dev/openbao_session.ts deno run -A bench/vault_bench.ts
//
// HashiCorp Vault or OpenBao: a get beside a bare `fetch` of the same URL, an import of 1,000 new entries
// beside as many bare writes, eight at a time, and the whole command beside an empty script. In turns;
// each is the least of its rounds, which the rest of the machine disturbs least.

import { HashiCorpVaultKeyring } from "../backends.ts";
import { importEntries, type ImportOptions } from "../src/records/import.ts";

const ADDRESS = `${Deno.env.get("VAULT_ADDR")}/v1/secret/data`;
const HEADERS = { "X-Vault-Token": Deno.env.get("VAULT_TOKEN") ?? "" };
const SECRET = "correct horse battery staple";
const [ROUNDS, GETS, ENTRIES] = [8, 300, 1_000];

await using keyring = new HashiCorpVaultKeyring();
const least = new Map<string, number>();

async function time(name: string, work: () => Promise<unknown>, count = 1): Promise<void> {
  const start = performance.now();
  await work();
  const each = (performance.now() - start) / count;
  least.set(name, Math.min(least.get(name) ?? Infinity, each));
}

async function bareGet(): Promise<void> {
  const response = await fetch(`${ADDRESS}/my_app/alice`, { headers: HEADERS });
  const { data } = await response.json();
  if (data.data.password !== SECRET) throw new Error("not the password");
}

async function bareWrite(path: string): Promise<void> {
  const body = JSON.stringify({ options: { cas: 0 }, data: { password: SECRET } });
  await (await fetch(`${ADDRESS}/${path}`, { method: "POST", headers: HEADERS, body })).text();
}

async function times(count: number, work: (index: number) => Promise<unknown>, atOnce = 1) {
  let next = 0;
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (next < count) await work(next++);
  }));
}

async function importInto(nameOf: (index: number) => string): Promise<void> {
  const entries = Array.from({ length: ENTRIES }, (_, index) => {
    return { line: index + 1, service: nameOf(index), username: `user ${index}`, secret: SECRET };
  });
  const options: ImportOptions = {
    onConflict: "fail",
    dryRun: false,
    signal: new AbortController().signal,
    withProgress: (_part, _total, run) => run(() => Promise.resolve()),
  };
  const { outcome } = await importEntries(keyring, entries, options);
  if (outcome?.stored !== ENTRIES) throw new Error("not all were stored");
}

async function command(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--quiet", "-A", ...args],
    env: { KEYRING_BACKEND: "hashicorp-vault" },
  }).output();
  if (!success) throw new Error(args.join(" "));
}

const cli = decodeURIComponent(new URL("../cli.ts", import.meta.url).pathname);
const empty = await Deno.makeTempFile({ suffix: ".ts" });
await keyring.setPassword("my_app", "alice", SECRET);
await times(100, async () => {
  await bareGet();
  await keyring.getPassword("my_app", "alice");
});
for (let round = 0; round < ROUNDS; round++) {
  await time("bare get", () => times(GETS, bareGet), GETS);
  await time("get", () => times(GETS, () => keyring.getPassword("my_app", "alice")), GETS);
  const bare = () => times(ENTRIES, (index) => bareWrite(`bare-${round}/${index}`), 8);
  await time("bare writes", bare);
  await time("import, one service", () => importInto(() => `one-${round}`));
  await time("import, a service each", () => importInto((index) => `many-${round}-${index}`));
  await time("empty script", () => command(empty));
  await time("keyring get", () => command(cli, "get", "my_app", "alice"));
}
await Deno.remove(empty);

const of = (name: string) => least.get(name) ?? NaN;
for (
  const [name, floor] of [
    ["get", "bare get"],
    ["import, one service", "bare writes"],
    ["import, a service each", "bare writes"],
    ["keyring get", "empty script"],
  ] as const
) {
  const ratio = (of(name) / of(floor)).toFixed(2);
  console.log(`${name}: ${of(name).toFixed(2)} ms, ${ratio} times ${floor}`);
}

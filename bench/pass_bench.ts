// deno run -A bench/pass_bench.ts
//
// A get of a password store beside `pass show` of the same entry, in pairs. Needs gpg and pass.

import { Keys, Store } from "../tests/backends/pass/store.ts";

const PAIRS = 60;

await using keys = await Keys.create();
await keys.add("alice");
await using store = await Store.create(keys, "alice");
const { keyring } = store;
await keyring.setPassword("my_app", "alice", "s3cret");

const ours = async () => {
  if (await keyring.getPassword("my_app", "alice") !== "s3cret") {
    throw new Error("another password");
  }
};
const theirs = async () => {
  const { env } = store;
  const { success } = await new Deno.Command("pass", { args: ["show", "my_app/alice"], env })
    .output();
  if (!success) throw new Error("pass failed");
};

async function time(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;

await ours();
await theirs();
const pairs: [number, number][] = [];
for (let pair = 0; pair < PAIRS; pair++) pairs.push([await time(ours), await time(theirs)]);
const [get, show] = [0, 1].map((side) => median(pairs.map((pair) => pair[side] ?? NaN)));
const ratio = median(pairs.map(([get, show]) => get / show));
console.log(
  `get ${get?.toFixed(1)} ms, pass show ${show?.toFixed(1)} ms, ${ratio.toFixed(2)} times`,
);

// @soak
//
// What readers see while writers write, in every order of their calls or in very many.

import { assert, assertEquals } from "@std/assert";
import { CorruptSecretError, KeyringError, PasswordDeleteError } from "../../src/errors.ts";
import { StoreKeyring } from "../../testing.ts";
import { exploreAll } from "../support/explore.ts";
import { Crash, Random, Scheduler, type Waiting } from "../support/scheduler.ts";
import { type Gate, SmallBackend, SmallStore } from "../support/small_store.ts";

const LIMITS = { maxSecretBytes: 300, maxLargeSecretBytes: 5000 };
const SIZES = [0, 5, 299, 301, 520, 700, 1200];
// The same code runs everywhere, and the Windows build under Wine is slow.
const COUNT = Deno.build.os === "windows" ? 2_000 : 6_000;
const SOAK_MS = 7 * 60 * 1000;
const soak = Deno.env.get("KEYRING_TEST_SOAK") === "1";

// Each byte depends on the writer, so that a mixture equals no value that was ever written.
function secretOf(size: number, seed: number): Uint8Array {
  return new Uint8Array(size).fill(seed);
}

function textOf(secret: Uint8Array | null): string {
  return secret === null ? "none" : `${secret.length} of ${[...new Set(secret)].join(" ")}`;
}

function open(store: SmallStore, gate?: Gate, readsFirst?: boolean): StoreKeyring {
  return new StoreKeyring(new SmallBackend(store, gate, readsFirst));
}

/** One run of several processes on one entry, and what they may see. */
class Run {
  readonly store = new SmallStore(LIMITS);
  readonly scheduler = new Scheduler();
  readonly legal = new Set<string>(["none"]);
  readonly problems: string[] = [];
  reads = 0;
  #seeds = 1;

  /** @param readsFirst Whether the store reads what it replaces in a step before that. */
  constructor(readonly readsFirst: boolean) {}

  async begin(size: number): Promise<void> {
    await open(this.store).setSecret("my_app", "alice", this.newValue(size));
    this.legal.delete("none");
  }

  newValue(size: number): Uint8Array {
    const value = secretOf(size, this.#seeds++);
    this.legal.add(textOf(value));
    return value;
  }

  process(number: number, work: (keyring: StoreKeyring) => Promise<void>): void {
    this.scheduler.start(number, async (gate) => {
      try {
        await work(open(this.store, gate, this.readsFirst));
      } catch (error) {
        if (!(error instanceof Crash)) this.problems.push(`process ${number}: ${error}`);
      }
    });
  }

  async read(keyring: StoreKeyring): Promise<void> {
    const found = textOf(await keyring.getSecret("my_app", "alice"));
    this.reads++;
    if (!this.legal.has(found)) this.problems.push(`torn read: ${found}`);
  }

  /** After all have ended: the value is whole, and prune removes all else and nothing of it. */
  async end(): Promise<void> {
    const keyring = open(this.store);
    await this.read(keyring);
    const found = await keyring.getSecret("my_app", "alice");
    await keyring.prune?.({ graceMs: -Infinity });
    assertEquals(await keyring.getSecret("my_app", "alice"), found);
    const fresh = new SmallStore(LIMITS);
    if (found) await open(fresh).setSecret("my_app", "alice", found);
    assertEquals(this.store.entries.size, fresh.entries.size);
    assertEquals(this.problems, []);
  }
}

async function writeSome(run: Run, keyring: StoreKeyring, random: Random): Promise<void> {
  for (let count = 1 + random.below(3); count > 0; count--) {
    if (random.oneIn(6)) {
      run.legal.add("none");
      await keyring.deletePassword("my_app", "alice").catch((error) => {
        if (!(error instanceof PasswordDeleteError)) throw error;
      });
      continue;
    }
    const value = run.newValue(SIZES[random.below(SIZES.length)] ?? 0);
    await keyring.setSecret("my_app", "alice", value).catch((error) => {
      if (!(error instanceof KeyringError) || error instanceof CorruptSecretError) throw error;
    });
  }
}

async function prepare(run: Run, random: Random): Promise<void> {
  if (!random.oneIn(4)) await run.begin(SIZES[random.below(SIZES.length)] ?? 0);
  run.process(1, (keyring) => writeSome(run, keyring, random));
  run.process(2, (keyring) => writeSome(run, keyring, random));
  for (const reader of [3, 4]) {
    run.process(reader, async (keyring) => {
      for (let count = 0; count < 3; count++) await run.read(keyring);
    });
  }
  run.process(5, async (keyring) => {
    for (let count = 0; count < 2; count++) await keyring.prune?.();
  });
}

interface RandomRun {
  crashed: number;
  reads: number;
}

/** One random order, in which writers crash and time now and then passes quickly. */
async function randomRun(seed: number): Promise<RandomRun> {
  const random = new Random(seed);
  const run = new Run(random.oneIn(2));
  // A store that reads first writes in two steps.
  const longest = (run.readsFirst ? 1 : 2) * 149_000;
  const now = Date.now;
  let time = now();
  Date.now = () => time;
  let crashed = 0;
  const begun = new Map<number, number>();
  try {
    await prepare(run, random);
    while (true) {
      const waiting = await run.scheduler.waiting();
      if (waiting.length === 0) break;
      const { process } = waiting[random.below(waiting.length)] ?? { process: 0 };
      time += passing(waiting, begun, { time, longest, random });
      begun.delete(process);
      if (process <= 3 && random.oneIn(40)) {
        run.scheduler.crash(process, random.oneIn(2));
        crashed++;
      } else run.scheduler.proceed(process);
    }
    await run.end();
    return { crashed, reads: run.reads };
  } catch (error) {
    throw new Error(`seed ${seed}`, { cause: error });
  } finally {
    Date.now = now;
  }
}

/** How much time passes. A call takes five minutes at most: the grace period counts on that. */
function passing(
  waiting: readonly Waiting[],
  begun: Map<number, number>,
  { time, longest, random }: { time: number; longest: number; random: Random },
): number {
  for (const { process } of waiting) {
    if (!begun.has(process)) begun.set(process, time);
  }
  const left = Math.min(...begun.values()) + longest - time;
  return Math.min(left, random.oneIn(8) ? random.below(longest) : random.below(1000));
}

Deno.test("random interleavings of writers, readers and a pruner never tear a secret", async () => {
  const first = soak ? Date.now() % 2 ** 31 : 1;
  const end = performance.now() + SOAK_MS;
  const total = { runs: 0, crashed: 0, reads: 0 };
  while (soak ? performance.now() < end : total.runs < COUNT) {
    const { crashed, reads } = await randomRun(first + total.runs);
    total.runs++;
    total.crashed += crashed;
    total.reads += reads;
  }
  const counts = `${JSON.stringify(total)} from seed ${first}`;
  if (soak) console.log(`interleavings: ${counts}`);
  assert(total.crashed > total.runs / 10 && total.reads > 4 * total.runs, counts);
});

for (const readsFirst of [false, true]) {
  const store = readsFirst ? "that reads what it replaces first" : "that does both at once";
  const title = `every interleaving of two writers and a reader of two parts in a store ${store}`;
  Deno.test(`${title} is whole`, async () => {
    const counts = await exploreAll(async (choose) => {
      const run = new Run(readsFirst);
      await run.begin(301);
      for (const writer of [1, 2]) {
        const value = run.newValue(350);
        run.process(writer, (keyring) => keyring.setSecret("my_app", "alice", value));
      }
      run.process(3, (keyring) => run.read(keyring));
      if (await choose(run.scheduler)) await run.end();
    });
    assert(counts.complete > 100, JSON.stringify(counts));
  });
}

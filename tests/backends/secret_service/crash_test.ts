// @soak
//
// A process that is killed at any run of secret-tool, and in the middle of one, leaves the old
// secret or the new one. That an empty one can be left in their place was seen on the real program.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { SecretServiceEntries } from "../../../src/backends/secret_service/entries.ts";
import type { EntryDetails } from "../../../src/entry.ts";
import { GRACE_MS } from "../../../src/large_secrets/grace.ts";
import { SecretToolError } from "../../../src/backends/secret_service/secret_tool.ts";
import { toStoredForm } from "../../../src/backends/secret_service/stored_form.ts";
import { MemoryKeyring } from "../../../src/backends/memory.ts";
import { listening, tellsReplaced } from "../../../src/replaced.ts";
import { TimeLimitError } from "../../../src/lib/subprocess.ts";
import { FakeCollection, FakeSecretTool } from "../../support/fake_secret_tool.ts";
import { exploreAll } from "../../support/explore.ts";
import { Crash, Random, Scheduler } from "../../support/scheduler.ts";
import type { Gate } from "../../support/small_store.ts";

const APPLICATION = "Python keyring library";
const ENTRY: EntryDetails = { operation: "set", service: "my_app", username: "alice" };
const NAMES: [string, string][] = [["service", ENTRY.service], ["username", ENTRY.username]];
const COUNT = 20_000;
const SOAK_MS = 60_000;
const soak = Deno.env.get("KEYRING_TEST_SOAK") === "1";

function open(collection: FakeCollection, gate?: Gate): SecretServiceEntries {
  return new SecretServiceEntries(new FakeSecretTool(collection, gate), APPLICATION);
}

async function read(entries: SecretServiceEntries): Promise<string | null> {
  const found = await entries.read(ENTRY);
  return found && new TextDecoder().decode(found);
}

async function write(entries: SecretServiceEntries, text: string): Promise<void> {
  await entries.write(ENTRY, new TextEncoder().encode(text));
}

/** Time that passes with each look at it, and always shortly before the end of a second. */
class QuickClock implements Disposable {
  #now = Date.now;
  #time = this.#now() - this.#now() % 1_000 + 999;

  constructor() {
    Date.now = () => this.pass(1_000);
  }

  pass(milliseconds: number): number {
    return this.#time += milliseconds;
  }

  [Symbol.dispose](): void {
    Date.now = this.#now;
  }
}

/** Lets a process end at one of its runs of the program, before or after that took effect. */
function endingAt(run: number, done: boolean): Gate {
  let runs = 0;
  return () => {
    if (++runs < run) return { done: true };
    return { done: runs === run && done, error: new Crash() };
  };
}

/** Collections that hold one secret: in an item of ours, of another program, and of two. */
async function collectionsWith(secret: string): Promise<FakeCollection[]> {
  const [ours, foreign, two] = [new FakeCollection(), new FakeCollection(), new FakeCollection()];
  await write(open(ours), secret);
  const bytes = new TextEncoder().encode(secret);
  foreign.store({ label: "x", attributes: new Map(NAMES), secret: bytes });
  for (const application of ["x", APPLICATION]) {
    const attributes = new Map([["application", application], ...NAMES]);
    two.store({ label: "x", attributes, secret: bytes });
  }
  return [ours, foreign, two];
}

/** Everything that can be before and be done, with what may be read after a crash. */
async function* scenarios() {
  for (const old of [null, "", "old"]) {
    const collections = old === null ? [new FakeCollection()] : await collectionsWith(old);
    for (const collection of collections) {
      for (const text of ["", "new"]) {
        const action = (entries: SecretServiceEntries) => write(entries, text);
        yield { collection, allowed: [old, text], action };
      }
      if (old === null) continue;
      const action = (entries: SecretServiceEntries) => entries.remove(ENTRY);
      yield { collection, allowed: [old, null], action };
    }
  }
}

/** What a crash left is whole, stays so, and the next call leaves nothing of it. */
async function check(collection: FakeCollection, allowed: (string | null)[]): Promise<void> {
  const found = await read(open(collection));
  assert(allowed.includes(found), `${JSON.stringify(found)}, not ${JSON.stringify(allowed)}`);
  const pruned = collection.copy();
  await open(pruned).prune(-Infinity);
  assertEquals(await read(open(pruned)), found);
  const replaced = collection.copy();
  await write(open(replaced), "next");
  assertEquals(await read(open(replaced)), "next");
  await open(replaced).prune(-Infinity);
  assert(replaced.items.every(({ attributes }) => attributes.has("service")), "a change is left");
  if (found !== null) await open(collection).remove(ENTRY);
  assertEquals(await read(open(collection)), null);
  assertEquals(collection.items.filter(({ secret }) => secret.length > 0), []);
}

Deno.test("a crash at any run of secret-tool leaves the old secret or the new one", async () => {
  using _ = new QuickClock();
  let crashes = 0;
  for await (const { collection, allowed, action } of scenarios()) {
    for (const done of [false, true]) {
      for (let run = 1;; run++) {
        const after = collection.copy();
        const ended = await action(open(after, endingAt(run, done))).then(
          () => true,
          (error) => {
            if (!(error instanceof Crash)) throw error;
            return false;
          },
        );
        await check(after, allowed);
        if (ended) break;
        crashes++;
      }
    }
  }
  assert(crashes > 90, `${crashes}`);
});

/** Several processes on one entry, and what they may see of each other. */
class Run {
  readonly collection = new FakeCollection();
  readonly scheduler = new Scheduler();
  readonly problems: string[] = [];
  /** When the write of each value was begun, when it ended, and whether it got there. */
  readonly #writes = new Map<string, { begun: number; ended: number; whole: boolean }>();
  #time = 0;

  /** @param killed How many writers may be killed. */
  constructor(readonly killed = 1) {}

  /** Stores an old value, and then another by a writer that may have been killed. */
  async begin(before?: Gate): Promise<void> {
    await this.write(open(this.collection), "old");
    if (before) await this.write(open(this.collection, before), "before").catch(() => {});
  }

  process(number: number, work: (entries: SecretServiceEntries) => Promise<void>, gate?: Gate) {
    this.scheduler.start(number, async (scheduled) => {
      const both: Gate = async (step) => {
        const fate = await scheduled(step);
        return gate && !fate.error ? await gate(step) : fate;
      };
      try {
        await work(open(this.collection, both));
      } catch (error) {
        if (!(error instanceof Crash)) this.problems.push(`process ${number}: ${error}`);
      }
    });
  }

  async write(entries: SecretServiceEntries, text: string): Promise<void> {
    const times = { begun: ++this.#time, ended: Infinity, whole: false };
    this.#writes.set(text, times);
    try {
      await write(entries, text);
      times.whole = true;
    } finally {
      times.ended = ++this.#time;
    }
  }

  /** A read must not see a value that was replaced for good before the read began. */
  async read(entries: SecretServiceEntries): Promise<void> {
    const begun = ++this.#time;
    const done = [...this.#writes.values()].filter((one) => one.whole && one.ended < begun);
    const found = await read(entries);
    const seen = found === null ? undefined : this.#writes.get(found);
    if (!seen) this.problems.push(`read ${JSON.stringify(found)}`);
    // Of two changes the newer counts, although its writer may have been killed before the other's.
    else if (this.killed < 2 && done.some((later) => seen.ended < later.begun)) {
      this.problems.push(`stale: ${found}`);
    }
  }

  /** After all have ended: the value is one of theirs, and nothing else is left for long. */
  async end(): Promise<void> {
    await this.read(open(this.collection));
    await check(this.collection, [...this.#writes.keys()]);
    assertEquals(this.problems, []);
  }
}

// One call of a writer that replaces a secret is five runs of the program.
const CRASHES = [1, 2, 3, 4, 5].flatMap((run) => [false, true].map((done) => ({ run, done })));
const NO_CRASH = { run: 6, done: false };

for (const { run, done } of [...CRASHES, NO_CRASH]) {
  const when = run > 5 ? "no crash" : `a crash ${done ? "after" : "in"} run ${run}`;
  Deno.test(`every interleaving of two writers and a reader with ${when} is whole`, async () => {
    using _ = new QuickClock();
    const counts = await exploreAll(async (choose) => {
      const all = new Run();
      await all.begin();
      all.process(1, (entries) => all.write(entries, "first"), endingAt(run, done));
      all.process(2, (entries) => all.write(entries, "second"));
      all.process(3, (entries) => all.read(entries));
      if (await choose(all.scheduler)) await all.end();
    });
    assert(counts.complete > 10, JSON.stringify(counts));
  });

  Deno.test(`every interleaving with ${when} is whole after every other crash`, async () => {
    using clock = new QuickClock();
    const befores = CRASHES.flatMap((crash) =>
      [false, true].map((between) => ({ ...crash, between }))
    );
    for (const { between, ...before } of befores) {
      await exploreAll(async (choose) => {
        const all = new Run();
        await all.begin(endingAt(before.run, before.done));
        if (between) await all.write(open(all.collection), "between");
        clock.pass(2 * GRACE_MS);
        all.process(1, (entries) => all.write(entries, "first"), endingAt(run, done));
        all.process(2, (entries) => all.read(entries));
        all.process(3, async (entries) => void await entries.prune(GRACE_MS));
        if (await choose(all.scheduler)) await all.end();
      });
    }
  });
}

/** One random order of writers and a reader, in which some writers may be killed. */
async function randomRun(seed: number, killed: number): Promise<void> {
  const random = new Random(seed);
  const all = new Run(killed);
  await all.begin();
  for (const writer of [1, 2, 3]) {
    const gate = writer <= killed ? endingAt(1 + random.below(12), random.oneIn(2)) : undefined;
    all.process(writer, async (entries) => {
      for (let count = 0; count < 3; count++) await all.write(entries, `${writer}-${count}`);
    }, gate);
  }
  all.process(4, async (entries) => {
    for (let count = 0; count < 4; count++) await all.read(entries);
  });
  while (true) {
    const waiting = await all.scheduler.waiting();
    if (waiting.length === 0) break;
    const { process } = waiting[random.below(waiting.length)] ?? { process: 0 };
    all.scheduler.proceed(process);
  }
  await all.end();
}

Deno.test("random interleavings of writers, of which some are killed, are whole", async () => {
  using _ = new QuickClock();
  const first = soak ? Math.floor(performance.timeOrigin) % 2 ** 31 : 1;
  const end = performance.now() + SOAK_MS;
  let runs = 0;
  while (soak ? performance.now() < end : runs < COUNT) {
    await randomRun(first + runs, 1 + runs % 2).catch((cause) => {
      throw new Error(`seed ${first + runs}`, { cause });
    });
    runs++;
  }
  if (soak) console.log(`interleavings on the Secret Service: ${runs} from seed ${first}`);
});

Deno.test("what a killed writer left is no secret of an entry that was deleted since", async () => {
  using _ = new QuickClock();
  for (const done of [false, true]) {
    for (const run of [1, 2, 3, 4]) {
      const collection = new FakeCollection();
      await write(open(collection), "old");
      await write(open(collection, endingAt(3, true)), "never").catch(() => {});
      assertEquals(collection.items.length, 2);
      // As another program does it.
      collection.items = collection.items.filter(({ attributes }) => !attributes.has("service"));
      await write(open(collection, endingAt(run, done)), "new").catch(() => {});
      const found = await read(open(collection));
      assert(found === null || found === "new", `${found} after run ${run}`);
    }
  }
});

/** Lets one run of the program fail, before or after it took effect, in a process that lives on. */
function failingAt(run: number, done: boolean, error: Error): Gate {
  let runs = 0;
  return () => ++runs === run ? { done, error } : { done: true };
}

Deno.test("a replacement that fails leaves nothing beside the entry", async () => {
  using _ = new QuickClock();
  const errors = [new DOMException("x", "AbortError"), new TimeLimitError("x")];
  for (const error of [...errors, new SecretToolError("other", "x", 1)]) {
    for (const done of [false, true]) {
      for (let run = 1; run <= 4; run++) {
        const collection = new FakeCollection();
        await write(open(collection), "old");
        const entries = open(collection, failingAt(run, done, error));
        assertEquals(await write(entries, "new").catch((error) => error), error);
        assertEquals(await read(open(collection)), run === 4 && done ? "new" : "old");
        assertEquals(collection.items.length, 1);
      }
    }
  }
});

Deno.test("where a store succeeded and yet stored not all, the secret is read beside the entry", async () => {
  class Truncating extends FakeSecretTool {
    override async store(label: string, attributes: Map<string, string>, secret: Uint8Array) {
      if (!attributes.has("service")) return await super.store(label, attributes, secret);
      await super.store(label, attributes, secret.subarray(0, 0));
      throw new SecretToolError("other", "x", 0);
    }
  }
  const collection = new FakeCollection();
  await write(open(collection), "old");
  const entries = new SecretServiceEntries(new Truncating(collection), APPLICATION);
  await assertRejects(() => write(entries, "new"), SecretToolError);
  assertEquals(await read(open(collection)), "new");
});

Deno.test("bytes that were cut off come back, and are told to who replaces them", async () => {
  using _ = new QuickClock();
  const collection = new FakeCollection();
  const bytes = Uint8Array.of(0, 255);
  await write(open(collection), "old");
  const dying = open(collection, endingAt(4, false));
  await dying.write(ENTRY, toStoredForm(bytes)).catch(() => {});
  assertEquals(await open(collection).read(ENTRY), bytes);
  const told: Uint8Array[] = [];
  const keyring = new MemoryKeyring();
  tellsReplaced(keyring);
  const options = listening(keyring, {}, (old) => void told.push(old.slice()));
  await open(collection.copy()).write(ENTRY, toStoredForm(bytes), options);
  await open(collection).remove(ENTRY, options);
  assertEquals(told, [bytes, bytes]);
});

Deno.test("a later write removes what is old beside its entry, and nothing that is young", async () => {
  using clock = new QuickClock();
  const collection = new FakeCollection();
  await write(open(collection), "old");
  await write(open(collection, endingAt(3, true)), "never").catch(() => {});
  await write(open(collection), "new");
  assertEquals(collection.items.length, 2);
  clock.pass(2 * GRACE_MS);
  await write(open(collection), "newer");
  assertEquals(collection.items.length, 1);
});

Deno.test("where an item keeps its label, an empty secret is empty and one cut off is read", async () => {
  using _ = new QuickClock();
  const collection = new FakeCollection();
  collection.keepsLabels = true;
  for (const text of ["full", "", "full again", ""]) {
    await write(open(collection), text);
    assertEquals(await read(open(collection)), text);
  }
  await write(open(collection, endingAt(4, false)), "new").catch(() => {});
  assertEquals(await read(open(collection)), "new");
});

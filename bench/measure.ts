/**
 * Measures all parties on one store. Runs where that store is: in the private session, or in the
 * Windows build of Deno under Wine. Writes the figures as JSON:
 *
 * ```sh
 * deno run -A bench/measure.ts '{"tools":{…},"out":"figures.json","quick":false}'
 * ```
 *
 * @module
 */

import { measureCold, programsOf } from "./instrument/cold.ts";
import { emptyWindows, fill } from "./instrument/fill.ts";
import { partiesOf, type Tools } from "./instrument/parties.ts";
import { CASES, type Measurement } from "./instrument/results.ts";
import { measureCase, type Plan } from "./instrument/rounds.ts";
import { measureStarts } from "./instrument/starts.ts";
import { Worker } from "./instrument/worker.ts";

/** What to measure, and with what. */
export interface Order {
  /** Where the programs are. */
  tools: Tools;
  /** The file to write to. */
  out: string;
  /** Only the floor and this library, with 10 entries. */
  quick: boolean;
}

/** What is written. */
export interface Figures {
  /** The names of the parties, by id. */
  parties: Record<string, string>;
  /** The figures. */
  measurements: Measurement[];
}

const QUICK = ["floor", "floor-bare", "ours", "ours-store"];
const SIZES = [10, 1000];
const START_ROUNDS = 7;
const COLD_ROUNDS = 15;

function planFor(entries: number, quick: boolean): Plan {
  if (quick) return { rounds: 5, roundNs: 60e6 };
  return entries > 10 ? { rounds: 5, roundNs: 50e6 } : { rounds: 7, roundNs: 80e6 };
}

function say(message: string): void {
  console.error(`bench: ${(performance.now() / 1000).toFixed(0).padStart(3)} s  ${message}`);
}

async function measure({ tools, quick }: Order): Promise<Figures> {
  const parties = partiesOf(tools).filter(({ id }) => !quick || QUICK.includes(id));
  const programs = programsOf(tools).filter(({ id }) => !quick || QUICK.includes(id));
  const measurements: Measurement[] = [];
  await using stack = new AsyncDisposableStack();
  const workers: Worker[] = [];
  for (const party of parties) {
    say(`starting ${party.title}`);
    workers.push(stack.use(await Worker.start(party)));
  }
  let filled = 0;
  for (const entries of quick ? SIZES.slice(0, 1) : SIZES) {
    say(`filling the store with ${entries} entries`);
    await fill(filled, entries);
    filled = entries;
    await everyone(workers, "prepare");
    if (entries === SIZES[0]) {
      say("fresh workers and whole processes");
      const able = parties.filter(({ without }) => !without.includes("get"));
      measurements.push(...await measureStarts(able, entries, quick ? 3 : START_ROUNDS));
      measurements.push(await measureCold(programs, entries, quick ? 5 : COLD_ROUNDS));
    }
    measurements.push(...await measureWarm(workers, entries, planFor(entries, quick)));
  }
  const titles = [...parties, ...programs].map(({ id, title }) => [id, title] as const);
  return { parties: Object.fromEntries(titles), measurements };
}

/** Measures all cases; every party's own entry is there before, and gone afterwards. */
async function measureWarm(
  workers: Worker[],
  entries: number,
  plan: Plan,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  for (const name of CASES) {
    say(`${name}, ${entries} entries`);
    // On Windows a list goes over the whole store, and is to be of these entries alone.
    if (name === "list") await everyone(workers, "cleanup");
    if (name === "at-once") await everyone(workers, "prepare");
    measurements.push(await measureCase(workers, name, entries, plan));
    if (name === "delete") await everyone(workers, "prepare");
  }
  await everyone(workers, "cleanup");
  return measurements;
}

async function everyone(workers: Worker[], action: string): Promise<void> {
  for (const worker of workers) await worker.ask({ action });
}

if (import.meta.main) {
  const order: Order = JSON.parse(Deno.args[0] ?? "");
  try {
    await Deno.writeTextFile(order.out, JSON.stringify(await measure(order)));
  } finally {
    emptyWindows();
  }
}

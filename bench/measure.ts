/**
 * Measures all parties on one store. Runs where that store is: in the private session, or in the
 * Windows build of Deno under Wine. Writes the figures as JSON:
 *
 * ```sh
 * deno run -A bench/measure.ts '{"system":"linux","tools":{…},"out":"figures.json","scope":{…}}'
 * ```
 *
 * @module
 */

import { measureCold } from "./instrument/cold.ts";
import { emptyWindows, fill } from "./instrument/fill.ts";
import { partiesOf, type Tools } from "./instrument/parties.ts";
import { programsOf } from "./instrument/programs.ts";
import type { Measurement, System } from "./instrument/results.ts";
import { measureCase, type Plan } from "./instrument/rounds.ts";
import type { Scope } from "./instrument/scope.ts";
import { measureStarts } from "./instrument/starts.ts";
import { Worker } from "./instrument/worker.ts";

/** What to measure, and with what. */
export interface Order {
  /** The store. */
  system: System;
  /** Where the programs are. */
  tools: Tools;
  /** The file to write to. */
  out: string;
  /** How much. */
  scope: Scope;
}

/** What is written. */
export interface Figures {
  /** The names of the parties, by id. */
  parties: Record<string, string>;
  /** The figures. */
  measurements: Measurement[];
}

/** The size at which fresh processes are measured. */
const SMALL = 10;
const ROUND_NS = 80e6;
const LARGE_ROUND_NS = 50e6;

function say(message: string): void {
  console.error(`bench: ${(performance.now() / 1000).toFixed(0).padStart(3)} s  ${message}`);
}

async function measure({ system, tools, scope }: Order): Promise<Figures> {
  const wanted = ({ id }: { id: string }) => scope.parties?.includes(id) ?? true;
  const parties = partiesOf(system, tools).filter(wanted);
  const programs = programsOf(system, tools).filter(wanted);
  const measurements: Measurement[] = [];
  await using stack = new AsyncDisposableStack();
  const workers: Worker[] = [];
  for (const party of parties) {
    say(`starting ${party.title}`);
    workers.push(stack.use(await Worker.start(party)));
  }
  let filled = 0;
  for (const entries of scope.sizes) {
    say(`filling the store with ${entries} entries`);
    await fill(system, filled, entries);
    filled = entries;
    await everyone(workers, "prepare");
    if (entries === SMALL) {
      say("fresh workers and whole processes");
      const able = parties.filter(({ without }) => !without.includes("get"));
      if (scope.startRounds) {
        measurements.push(...await measureStarts(able, entries, scope.startRounds));
      }
      if (scope.coldRounds) {
        measurements.push(await measureCold(programs, entries, scope.coldRounds));
      }
    }
    measurements.push(...await measureWarm(workers, entries, scope));
  }
  const titles = [...parties, ...programs].map(({ id, title }) => [id, title] as const);
  return { parties: Object.fromEntries(titles), measurements };
}

/** Measures all cases; every party's own entry is there before, and gone afterwards. */
async function measureWarm(
  workers: Worker[],
  entries: number,
  { cases, rounds }: Scope,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const plan: Plan = { rounds, roundNs: entries > SMALL ? LARGE_ROUND_NS : ROUND_NS };
  for (const name of cases) {
    say(`${name}, ${entries} entries`);
    // On Windows a list goes over the whole store, and is to be of these entries alone.
    if (name === "list") await everyone(workers, "cleanup");
    if (name === "at-once") await everyone(workers, "prepare");
    measurements.push(await measureCase(workers, name, entries, plan));
    if (name === "delete") await everyone(workers, "prepare");
  }
  if (cases.at(-1) !== "list") await everyone(workers, "cleanup");
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

/**
 * The cases, measured in rounds: A B C, A B C, … so that what disturbs the machine disturbs all.
 *
 * @module
 */

import { type Case, type Measurement, measurement } from "./results.ts";
import { FILLING } from "./scope.ts";
import type { Request, Worker } from "./worker.ts";

/** How much to measure. */
export interface Plan {
  /** How many rounds. */
  rounds: number;
  /** How long a party may take for its calls in one round, in nanoseconds. */
  roundNs: number;
}

interface WorkerPlan {
  rounds: number;
  request: Request;
  /** What was measured while planning. */
  ns: number[];
}

const MOST_CALLS = 1000;
// A party whose one call takes as long as this many rounds has fewer of them.
const SLOW = 4;
const FEWEST_ROUNDS = 3;
// A call of this length is made once.
const VERY_SLOW_NS = 5e9;

/** How many calls fit into a round, from how long one took. */
export function callsFor(callNs: number, roundNs: number): number {
  return Math.max(1, Math.min(MOST_CALLS, Math.floor(roundNs / callNs)));
}

/** Measures one case. */
export async function measureCase(
  workers: Worker[],
  name: Case,
  entries: number,
  plan: Plan,
): Promise<Measurement> {
  const able = workers.filter(({ party: { without, most = {} } }) =>
    !without.includes(name) && entries <= (most[name] ?? Infinity)
  );
  const plans: [Worker, WorkerPlan][] = [];
  for (const worker of able) {
    plans.push([worker, await planFor(worker, requestFor(worker, name, entries), plan)]);
  }
  const times = new Map(plans.map(([{ party }, { ns }]) => [party.id, ns]));
  for (let round = 0; round < plan.rounds; round++) {
    for (const [worker, { request, rounds }] of plans) {
      if (round >= rounds) continue;
      times.get(worker.party.id)?.push(await worker.ask(request));
    }
  }
  return measurement({ case: name, entries, unit: "ns" }, times);
}

function requestFor(worker: Worker, action: Case, entries: number): Request {
  if (action === "list") return { action, expected: entries, service: FILLING };
  // Nobody has an entry of this service: what a script meets that runs for the first time.
  if (action === "miss") return { action, service: `${worker.service}-missing` };
  return { action };
}

/** Warms a party up, and finds out how many of its calls fit into a round. */
async function planFor(worker: Worker, request: Request, plan: Plan): Promise<WorkerPlan> {
  const first = await worker.ask(request);
  if (first > VERY_SLOW_NS) return { rounds: 0, request, ns: [first] };
  if (first > SLOW * plan.roundNs) {
    return { rounds: Math.min(FEWEST_ROUNDS, plan.rounds), request, ns: [] };
  }
  // The first call may have compiled or connected; the second tells what the others will take.
  const count = callsFor(await worker.ask(request), plan.roundNs);
  const warm = callsFor(await worker.ask({ ...request, count }), plan.roundNs);
  return { rounds: plan.rounds, request: { ...request, count: warm }, ns: [] };
}

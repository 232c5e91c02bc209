/**
 * The cases, measured in rounds: A B C, A B C, … so that what disturbs the machine disturbs all.
 *
 * @module
 */

import { FILLING } from "./fill.ts";
import type { Case, Measurement } from "./results.ts";
import { summarize, type Summary } from "./statistics.ts";
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
}

const MOST_CALLS = 1000;
// A party whose one call takes as long as this many rounds has fewer of them.
const SLOW = 4;
const FEWEST_ROUNDS = 3;

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
  const able = workers.filter(({ party }) => !party.without.includes(name));
  const plans: [Worker, WorkerPlan][] = [];
  for (const worker of able) {
    plans.push([worker, await planFor(worker, requestFor(worker, name, entries), plan)]);
  }
  const times = new Map<Worker, number[]>();
  for (let round = 0; round < plan.rounds; round++) {
    for (const [worker, { request, rounds }] of plans) {
      if (round >= rounds) continue;
      const ns = await worker.ask(request);
      times.set(worker, [...times.get(worker) ?? [], ns]);
    }
  }
  const parties: Record<string, Summary> = {};
  for (const [{ party }, values] of times) parties[party.id] = summarize(values);
  return { case: name, entries, unit: "ns", parties };
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
  if (first > SLOW * plan.roundNs) return { rounds: FEWEST_ROUNDS, request };
  // The first call may have compiled or connected; the second tells what the others will take.
  const count = callsFor(await worker.ask(request), plan.roundNs);
  const warm = callsFor(await worker.ask({ ...request, count }), plan.roundNs);
  return { rounds: plan.rounds, request: { ...request, count: warm } };
}

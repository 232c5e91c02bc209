// Explores every order of the calls of several processes. Of orders that differ only in calls that
// cannot affect each other one is enough: they are left out by sleep sets (Godefroid).

import type { Scheduler, Waiting } from "./scheduler.ts";

/** A point where one of several processes could go on. */
interface Node {
  /** The processes that were tried here, and those whose turn would only repeat another order. */
  asleep: Waiting[];
  chosen: Waiting;
  /** All that wait here. */
  waiting: Waiting[];
}

/** How many orders there were. */
export interface Counts {
  /** Those that were run to their end. */
  complete: number;
  /** Those that were left when only a repetition could follow. */
  cut: number;
}

/**
 * Runs a scenario in every order.
 *
 * @param scenario Starts the processes anew; its argument lets them run to their end, and tells
 * whether they got there.
 * @returns How many orders there were.
 */
export async function exploreAll(
  scenario: (choose: (scheduler: Scheduler) => Promise<boolean>) => Promise<void>,
): Promise<Counts> {
  const path: Node[] = [];
  const counts = { complete: 0, cut: 0 };
  do {
    await scenario(async (scheduler) => {
      const complete = await follow(scheduler, path);
      counts[complete ? "complete" : "cut"]++;
      return complete;
    });
  } while (nextPath(path));
  return counts;
}

async function follow(scheduler: Scheduler, path: Node[]): Promise<boolean> {
  let asleep: Waiting[] = [];
  for (let depth = 0;; depth++) {
    const waiting = await scheduler.waiting();
    if (waiting.length === 0) return true;
    let node = path[depth];
    if (node) {
      // The names of parts are random: this run has its own.
      node.waiting = waiting;
      node.chosen = current(waiting, node.chosen);
      node.asleep = node.asleep.map((one) => current(waiting, one));
    } else {
      const chosen = waiting.find(({ process }) => !isAsleep(asleep, process));
      if (!chosen) return await finish(scheduler);
      node = { asleep, chosen, waiting };
      path.push(node);
    }
    const { chosen } = node;
    scheduler.proceed(chosen.process);
    asleep = node.asleep.filter((one) => independent(one, chosen));
  }
}

/** Lets the rest run in any order, so that nothing is left waiting. */
async function finish(scheduler: Scheduler): Promise<false> {
  while (true) {
    const [first] = await scheduler.waiting();
    if (!first) return false;
    scheduler.proceed(first.process);
  }
}

function current(waiting: readonly Waiting[], old: Waiting): Waiting {
  const found = waiting.find(({ process }) => process === old.process);
  if (!found) throw new Error(`Process ${old.process} did not come back to the same point`);
  return found;
}

function isAsleep(asleep: readonly Waiting[], process: number): boolean {
  return asleep.some((one) => one.process === process);
}

function independent(a: Waiting, b: Waiting): boolean {
  const reads = [a, b].filter(({ step }) => step.operation === "get" || step.operation === "list");
  if (reads.length === 2) return true;
  if (reads.some(({ step }) => step.operation === "list")) return false;
  return a.step.key !== b.step.key;
}

/** Goes on to the next order: back to the last point where another process could go on. */
function nextPath(path: Node[]): boolean {
  while (true) {
    const node = path.at(-1);
    if (!node) return false;
    node.asleep = [...node.asleep, node.chosen];
    const next = node.waiting.find(({ process }) => !isAsleep(node.asleep, process));
    if (next) {
      node.chosen = next;
      return true;
    }
    path.pop();
  }
}

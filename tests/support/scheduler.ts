// Runs several processes on one store, one call at a time, in an order that the caller decides.

import type { Fate, Gate, Step } from "./small_store.ts";

/** Thrown at every call of a process that has crashed. */
export class Crash extends Error {
  override name = "Crash";
}

/** A process that is waiting to make a call. */
export interface Waiting {
  /** The process's number. */
  process: number;
  /** The call. */
  step: Step;
}

/** The processes of one run. */
export class Scheduler {
  #waiting = new Map<number, { step: Step; proceed: (fate: Fate) => void }>();
  #crashed = new Set<number>();
  #running = 0;
  #whenQuiet: (() => void) | undefined;

  /**
   * Starts a process.
   *
   * @param process Its number.
   * @param work What it does; its errors are its own affair.
   */
  start(process: number, work: (gate: Gate) => Promise<void>): void {
    this.#running++;
    const gate: Gate = (step) => {
      if (this.#crashed.has(process)) return { done: false, error: new Crash() };
      return new Promise((proceed) => {
        this.#waiting.set(process, { step, proceed });
        this.#rest();
      });
    };
    work(gate).finally(() => this.#rest());
  }

  /** Waits until no process can go on by itself, and tells who waits, by number. */
  async waiting(): Promise<Waiting[]> {
    if (this.#running > 0) {
      await new Promise<void>((resolve) => this.#whenQuiet = resolve);
      this.#whenQuiet = undefined;
    }
    return [...this.#waiting]
      .map(([process, { step }]) => ({ process, step }))
      .sort((a, b) => a.process - b.process);
  }

  /** Lets a process make its call. */
  proceed(process: number, fate: Fate = { done: true }): void {
    const waiting = this.#waiting.get(process);
    if (!waiting) throw new Error(`Process ${process} does not wait`);
    this.#waiting.delete(process);
    this.#running++;
    waiting.proceed(fate);
  }

  /** Ends a process at its call, before or after that took effect. */
  crash(process: number, done: boolean): void {
    this.#crashed.add(process);
    this.proceed(process, { done, error: new Crash() });
  }

  #rest(): void {
    if (--this.#running === 0) this.#whenQuiet?.();
  }
}

/** A small generator of random numbers with a seed (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A whole number from 0 up to, not including, the limit. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let value = this.#state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return Math.floor(((value ^ (value >>> 14)) >>> 0) / 2 ** 32 * limit);
  }

  /** Whether something happens that does so once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }
}

/**
 * What a process costs before it is warm: loading the library, the first call, memory.
 *
 * @module
 */

import type { Party } from "./parties.ts";
import type { Measurement, StartCase } from "./results.ts";
import { summarize } from "./statistics.ts";
import { Worker } from "./worker.ts";

/** Starts each party's worker anew in every round, for one read of an entry that is there. */
export async function measureStarts(
  parties: Party[],
  entries: number,
  rounds: number,
): Promise<Measurement[]> {
  const import_ = new Figures("import", "ns");
  const firstCall = new Figures("first-call", "ns");
  const memory = new Figures("peak-memory", "bytes");
  for (let round = 0; round < rounds; round++) {
    for (const party of parties) {
      await using worker = await Worker.start(party);
      // The floors have nothing to load.
      if (!party.id.startsWith("floor")) import_.add(party, worker.importNs);
      firstCall.add(party, await worker.ask({ action: "get" }));
      const peak = await peakMemory(worker.mark);
      if (peak !== undefined) memory.add(party, peak);
    }
  }
  return [import_, firstCall, memory].map((figures) => figures.row(entries));
}

class Figures {
  readonly #values = new Map<string, number[]>();

  constructor(readonly name: StartCase, readonly unit: "ns" | "bytes") {}

  add({ id }: Party, value: number): void {
    this.#values.set(id, [...this.#values.get(id) ?? [], value]);
  }

  row(entries: number): Measurement {
    const summaries = [...this.#values].map(([id, values]) => [id, summarize(values)] as const);
    return { case: this.name, entries, unit: this.unit, parties: Object.fromEntries(summaries) };
  }
}

/** The peak of resident memory, from Linux, which also knows the processes that run under Wine. */
async function peakMemory(mark: string): Promise<number | undefined> {
  const proc = Deno.build.os === "windows" ? "Z:\\proc" : "/proc";
  try {
    for await (const { name } of Deno.readDir(proc)) {
      if (!/^\d+$/.test(name)) continue;
      const command = await Deno.readTextFile(`${proc}/${name}/cmdline`).catch(() => "");
      if (!command.includes(mark)) continue;
      const status = await Deno.readTextFile(`${proc}/${name}/status`);
      return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return undefined;
}

/**
 * What a process costs before it is warm: loading the library, the first call, memory.
 *
 * @module
 */

import type { Party } from "./parties.ts";
import { type Measurement, measurement } from "./results.ts";
import { Worker } from "./worker.ts";

/** Starts each party's worker anew in every round, for one read of an entry that is there. */
export async function measureStarts(
  parties: Party[],
  entries: number,
  rounds: number,
): Promise<Measurement[]> {
  const imports: Figures = new Map();
  const firstCalls: Figures = new Map();
  const memory: Figures = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const party of parties) {
      await using worker = await Worker.start(party);
      // The floors have nothing to load.
      if (!party.id.startsWith("floor")) add(imports, party, worker.importNs);
      add(firstCalls, party, await worker.ask({ action: "get" }));
      const peak = await peakMemory(worker.mark);
      if (peak !== undefined) add(memory, party, peak);
    }
  }
  return [
    measurement({ case: "import", entries, unit: "ns" }, imports),
    measurement({ case: "first-call", entries, unit: "ns" }, firstCalls),
    measurement({ case: "peak-memory", entries, unit: "bytes" }, memory),
  ];
}

type Figures = Map<string, number[]>;

function add(figures: Figures, { id }: Party, value: number): void {
  figures.set(id, [...figures.get(id) ?? [], value]);
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

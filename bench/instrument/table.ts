/**
 * The results as tables of Markdown, and where they stand in the page.
 *
 * @module
 */

import { CASES, find, type Measurement, type Results } from "./results.ts";
import { type Summary, threeDigits } from "./statistics.ts";

/** The names of the columns. */
export const TITLES: Record<Measurement["case"], string> = {
  get: "get",
  miss: "miss",
  set: "set",
  delete: "delete",
  list: "list all",
  "at-once": "100 gets at once",
  import: "import",
  "first-call": "first get",
  "peak-memory": "peak memory",
  "cold-get": "whole process",
};

/** A unit that a table is written in. */
interface Unit {
  name: string;
  size: number;
}

const MS: Unit = { name: "ms", size: 1e6 };
const US: Unit = { name: "µs", size: 1e3 };
const MB: Unit = { name: "MB", size: 1e6 };

/** Writes the tables of one system's results. */
export function tables(results: Results): string {
  const unit = results.system === "wine" ? US : MS;
  const warm = [10, 1000].map((entries) => {
    const rows = CASES.map((name) => find(results, name, entries)).filter((row) =>
      row !== undefined
    );
    return `**Warm, ${entries} entries in the store**, ${unit.name} a call\n\n${
      table(results, rows, () => unit)
    }`;
  });
  const starts = (["import", "first-call", "cold-get", "peak-memory"] as const)
    .map((name) => find(results, name, 10)).filter((row) => row !== undefined);
  const cold = `**Cold**\n\n${
    table(results, starts, ({ unit }) => unit === "bytes" ? MB : MS, true)
  }`;
  return [...warm, cold, colophon(results)].join("\n\n");
}

function table(
  { parties }: Results,
  rows: Measurement[],
  unitOf: (row: Measurement) => Unit,
  namesUnit = false,
): string {
  const ids = Object.keys(parties).filter((id) => rows.some((row) => row.parties[id]));
  const heads = rows.map((row) =>
    namesUnit ? `${TITLES[row.case]}, ${unitOf(row).name}` : TITLES[row.case]
  );
  const lines = ids.map((id) => {
    const cells = rows.map((row) => cell(row.parties[id], unitOf(row)));
    return [parties[id] ?? id, ...cells];
  });
  const ruler = ["---", ...heads.map(() => "---:")];
  return [["", ...heads], ruler, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function cell(summary: Summary | undefined, { size }: Unit): string {
  if (!summary) return "–";
  const [middle, min, max] = [summary.median, summary.min, summary.max]
    .map((value) => threeDigits(value / size));
  return `**${middle}** ${min}–${max}`;
}

function colophon({ date, seconds, machine, versions }: Results): string {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  const memory = Math.round(machine.memoryBytes / 2 ** 30);
  return `Median and range of the rounds. ${date.slice(0, 10)}, ${seconds} s, on ${machine.cpu}, ` +
    `${machine.cores} cores, ${memory} GiB, Linux ${machine.kernel}; ${names}.`;
}

/** Puts text between the markers of that name in a page. */
export function replaceBetweenMarkers(page: string, name: string, text: string): string {
  const begin = `<!-- begin ${name} -->`;
  const end = `<!-- end ${name} -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`The page has no markers named ${name}`);
  return `${page.slice(0, from + begin.length)}\n\n${text}\n\n${page.slice(to)}`;
}

/**
 * The results as tables of Markdown, and where they stand in the page.
 *
 * @module
 */

import { describeAgreement } from "./compare.ts";
import { baseOf, CASES, find, type Measurement, type Results, STORES, TITLES } from "./results.ts";
import { type Summary, threeDigits } from "./statistics.ts";

/** A unit that a table is written in. */
interface Unit {
  name: string;
  size: number;
}

const MS: Unit = { name: "ms", size: 1e6 };
const US: Unit = { name: "µs", size: 1e3 };
const MB: Unit = { name: "MB", size: 1e6 };

/** Writes the tables of one store's results, and how they compare with those of the run before. */
export function tables(results: Results, previous?: Results): string {
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
  return [...warm, cold, colophon(results, previous)].join("\n\n");
}

function table(
  { parties }: Results,
  rows: Measurement[],
  unitOf: (row: Measurement) => Unit,
  isCold = false,
): string {
  const ids = Object.keys(parties).filter((id) => rows.some((row) => row.parties[id]));
  const heads = rows.map((row) =>
    isCold ? `${TITLES[row.case]}, ${unitOf(row).name}` : TITLES[row.case]
  );
  const lines = ids.map((id) => {
    const cells = rows.map((row) => cell(row.parties[id], unitOf(row)));
    return [parties[id] ?? id, ...cells];
  });
  const base = isCold ? "deno" : "floor";
  const ratios = rows.map((row) => baseOf(row) === base ? times(row.ratios.ours) : "–");
  lines.push([`os-keyring ÷ ${parties[base] ?? base}`, ...ratios]);
  return lay(["", ...heads], lines);
}

function lay(head: string[], lines: string[][]): string {
  const ruler = ["---", ...head.slice(1).map(() => "---:")];
  return [head, ruler, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

function times(ratio: number | undefined): string {
  return ratio === undefined ? "–" : `**${threeDigits(ratio)}**`;
}

/** Writes how one store's calls grow with its entries. */
export function growthTable(results: Results, previous?: Results): string {
  const unit = results.system === "wine" ? US : MS;
  const sizes = [...new Set(results.measurements.map(({ entries }) => entries))];
  const cases = CASES.filter((name) => sizes.some((size) => find(results, name, size)));
  const lines = cases.map((name) => [
    TITLES[name],
    ...sizes.map((size) => {
      const row = find(results, name, size);
      const ours = row?.parties.ours;
      if (!row || !ours) return "–";
      const ratio = row.ratios.ours === undefined ? "–" : `${threeDigits(row.ratios.ours)} ×`;
      return `**${threeDigits(ours.median / unit.size)}** ${ratio}`;
    }),
  ]);
  const heads = sizes.map((size) => size.toLocaleString("en-US"));
  const title = `**${STORES[results.system]}**, ${unit.name} a call, and how many times ` +
    `_${results.parties.floor}_`;
  return [title, lay(["", ...heads], lines), colophon(results, previous)].join("\n\n");
}

function cell(summary: Summary | undefined, { size }: Unit): string {
  if (!summary) return "–";
  const [middle, min, max] = [summary.median, summary.min, summary.max]
    .map((value) => threeDigits(value / size));
  return `**${middle}** ${min}–${max}`;
}

function colophon(results: Results, previous?: Results): string {
  const { date, seconds, machine, versions } = results;
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(", ");
  const memory = Math.round(machine.memoryBytes / 2 ** 30);
  return `Median and range of the rounds. ${date.slice(0, 10)}, ${seconds} s, on ${machine.cpu}, ` +
    `${machine.cores} cores, ${memory} GiB, Linux ${machine.kernel}; ${names}.` +
    (previous ? ` Beside the run before: ${describeAgreement(results, previous)}.` : "");
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

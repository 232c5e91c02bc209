/**
 * `deno task bench:chart`: draws the stored results as `bench/results/chart.svg`.
 *
 * @module
 */

import * as echarts from "echarts";
import {
  type Case,
  find,
  readResults,
  type Results,
  STORES,
  SYSTEMS,
  TITLES,
} from "./instrument/results.ts";
import { formatPage } from "./instrument/main.ts";
import { threeDigits } from "./instrument/statistics.ts";

const WIDTH = 1040;
const GAP = 90;
const ROW = 28;
const INK = "#1f2328";
const GREY = "#59636e";
// Told apart by shape as well as by colour.
const MARKS: [Case, symbol: string, color: string][] = [
  ["get", "circle", "#0969da"],
  ["miss", "diamond", "#8250df"],
  ["set", "rect", "#bc4c00"],
  ["delete", "triangle", "#1a7f37"],
];

/** A part of the chart. */
interface Panel {
  title: string;
  left: number;
  top: number;
  height: number;
  unit: { name: string; ns: number };
  scale: "log" | "value";
  parties: string[];
  series: echarts.ScatterSeriesOption[] | echarts.BarSeriesOption[];
}

/** Draws the chart of what is stored. */
export async function drawChart(): Promise<void> {
  const panels: Panel[] = [];
  // The shorter column takes the next store.
  const tops = [90, 90];
  for (const system of SYSTEMS) {
    const results = await readResults(system);
    if (!results) continue;
    const column = (tops[0] ?? 0) <= (tops[1] ?? 0) ? 0 : 1;
    const added = panelsOf(results, 180 + column * 520, tops[column] ?? 0);
    panels.push(...added);
    tops[column] = Math.max(...added.map(({ top, height }) => top + height)) + GAP;
  }
  const size = { width: WIDTH, height: Math.max(...tops) - GAP / 2 };
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, ...size });
  try {
    chart.setOption(optionOf(panels));
    const svg = chart.renderToSVGString();
    await Deno.writeTextFile(new URL("results/chart.svg", import.meta.url), `${svg}\n`);
  } finally {
    chart.dispose();
  }
}

function panelsOf(results: Results, left: number, top: number): Panel[] {
  const where = STORES[results.system];
  const us = { name: "µs", ns: 1e3 };
  const ms = { name: "ms", ns: 1e6 };
  const warm = results.system === "wine" ? us : ms;
  const [one, whole] = [idsOf(results, "get"), idsOf(results, "cold-get")];
  const named = (ids: string[]) => ids.map((id) => results.parties[id] ?? id);
  return [
    {
      title: `${where}: one call in a running process, ${warm.name}`,
      left,
      top,
      height: one.length * ROW,
      unit: warm,
      scale: "log",
      parties: named(one),
      series: MARKS.map((mark) => dots(results, mark, warm.ns)),
    },
    {
      title: `${where}: one get as a whole process, ms`,
      left,
      top: top + one.length * ROW + GAP,
      height: whole.length * ROW,
      unit: ms,
      scale: "value",
      parties: named(whole),
      series: [bars(results, ms.ns)],
    },
  ];
}

/** The parties of a case, the fastest last, for the axis begins at the bottom. */
function idsOf(results: Results, name: "get" | "cold-get"): string[] {
  const { parties = {} } = find(results, name, 10) ?? {};
  return Object.entries(parties).sort(([, a], [, b]) => b.median - a.median).map(([id]) => id);
}

function dots(
  results: Results,
  [name, symbol, color]: typeof MARKS[number],
  ns: number,
): echarts.ScatterSeriesOption {
  const { parties = {} } = find(results, name, 10) ?? {};
  const ids = idsOf(results, "get");
  return {
    type: "scatter",
    name: TITLES[name],
    symbol,
    symbolSize: 11,
    itemStyle: { color, opacity: 0.85 },
    data: ids.flatMap((id, index) => {
      const summary = parties[id];
      return summary ? [[summary.median / ns, index]] : [];
    }),
  };
}

function bars(results: Results, ns: number): echarts.BarSeriesOption {
  const { parties = {} } = find(results, "cold-get", 10) ?? {};
  return {
    type: "bar",
    barWidth: 14,
    itemStyle: { color: "#0969da" },
    label: {
      show: true,
      position: "right",
      color: INK,
      formatter: ({ value }) => threeDigits(Number(value)),
    },
    data: idsOf(results, "cold-get").map((id) => (parties[id]?.median ?? 0) / ns),
  };
}

function optionOf(panels: Panel[]): echarts.EChartsOption {
  return {
    animation: false,
    // A card of its own, which reads the same on a light and on a dark page.
    backgroundColor: "#ffffff",
    textStyle: { color: INK, fontFamily: "system-ui, sans-serif" },
    legend: {
      data: MARKS.map(([name]) => TITLES[name]),
      top: 12,
      itemGap: 24,
      itemWidth: 14,
      itemHeight: 12,
      textStyle: { color: INK, fontSize: 13 },
    },
    title: panels.map(({ title, left, top }) => ({
      text: title,
      left: left - 160,
      top: top - 38,
      textStyle: { color: INK, fontSize: 14, fontWeight: "bold" },
    })),
    grid: panels.map(({ left, top, height }) => ({ left, top, height, width: 310 })),
    xAxis: panels.map(({ scale }, gridIndex) => ({
      type: scale,
      gridIndex,
      min: scale === "value" ? 0 : undefined,
      axisLabel: { color: GREY, hideOverlap: true },
      splitLine: { lineStyle: { color: "#d1d9e0" } },
    })),
    yAxis: panels.map(({ parties }, gridIndex) => ({
      type: "category",
      gridIndex,
      data: parties,
      axisTick: { show: false },
      axisLabel: {
        color: INK,
        formatter: (name: string) => name.startsWith("os-keyring") ? `{ours|${name}}` : name,
        rich: { ours: { fontWeight: "bold", color: INK } },
      },
      splitLine: { show: true, lineStyle: { color: "#eff2f5" } },
    })),
    series: panels.flatMap(({ series }, index) =>
      series.map((one) => ({ ...one, xAxisIndex: index, yAxisIndex: index }))
    ),
  } as echarts.EChartsOption;
}

if (import.meta.main) {
  await drawChart();
  await formatPage();
}

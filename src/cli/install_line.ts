// The command line that installs this command.

import meta from "../../deno.json" with { type: "json" };
import { chosenName } from "../choose.ts";
import { configVariables, locateConfig } from "../config.ts";
import { allowFlag, envFlag, mergeFlags, shellWord } from "../lib/shell.ts";
import { type BackendRow, findBackend, preferredBackend } from "../registry.ts";
import { CommandError } from "./usage_error.ts";

export interface Wanted {
  stores?: readonly BackendRow[];
  run?: readonly string[];
  read?: readonly string[];
  write?: readonly string[];
}

const ROOT = new URL("../../", import.meta.url);

/** Makes the complete line that installs this command with the requested permissions. */
export async function installLine(wanted: Wanted = {}): Promise<string> {
  return lineOf(await flagsFor(wanted));
}

/** Makes the line that grants this beside what the chosen keyring and a command line need. */
export async function lineWith(
  flags: readonly string[],
  { stores = [], ...wanted }: Wanted,
): Promise<string> {
  const all = [await usedStore(), ...stores];
  return lineOf([...await flagsFor({ ...wanted, stores: all }), ...flags]);
}

/** The source of the command: the package in this version, or a clone. */
export function specifier(): string {
  if (ROOT.protocol !== "file:") return `jsr:${meta.name}@^${release()}/cli`;
  const path = decodeURIComponent(ROOT.pathname).replace(/^\/(?=[A-Z]:)/, "");
  return `-c ${shellWord(`${path}deno.json`)} ${shellWord(`${path}cli.ts`)}`;
}

// Before 1.0.0, a minor version may break as much as a major version does later.
function release(): string {
  return meta.version.replace(/\.\d+$/, "");
}

function lineOf(flags: readonly string[]): string {
  return `deno install -gf -n keyring ${mergeFlags(flags).join(" ")} ${specifier()}`;
}

async function flagsFor({ stores, run = [], read = [], write = [] }: Wanted): Promise<string[]> {
  const rows = stores?.length ? stores : [await usedStore()];
  const flags = await Promise.all(rows.map(async (row) => {
    const found = await (await row.load()).flags?.();
    if (found !== undefined) return found;
    throw new CommandError(
      `Cannot determine what the keyring "${row.id}" needs: see docs/fleet.md`,
    );
  }));
  return [
    `--allow-env="KEYRING_*,PYTHON_KEYRING_BACKEND"`,
    envFlag(configVariables()),
    configFlag(),
    ...flags,
    ...run.map((program) => allowFlag("run", program)),
    ...[...read, ...write].map((path) => allowFlag("read", path)),
    ...write.map((path) => allowFlag("write", path)),
  ];
}

async function usedStore(): Promise<BackendRow> {
  const name = chosenName()?.name;
  const row = (name === undefined ? undefined : findBackend(name)) ?? await preferredBackend();
  if (row) return row;
  throw new CommandError(`There is no keyring for ${Deno.build.os}: name one with --store`);
}

// The shell expands the folder that this process may not look up.
function configFlag(): string {
  const { path } = locateConfig();
  if (path !== undefined) return allowFlag("read", path);
  const folder = Deno.build.os === "windows"
    ? "$env:LOCALAPPDATA\\Python Keyring"
    : "${XDG_CONFIG_HOME:-$HOME/.config}/python_keyring";
  return `--allow-read="${folder}"`;
}

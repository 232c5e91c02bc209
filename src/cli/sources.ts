// What the command must be able to read before it may choose a keyring. A library consults only what
// it may read; a command that did so would store in a keyring other than the chosen one.

import { type Choice, choose, chosenName, VARIABLES } from "../choose.ts";
import { CHAIN_VARIABLE } from "../chain_order.ts";
import { configVariables, locateConfig } from "../config.ts";
import { KeyringPermissionError } from "../errors.ts";
import { lookUp } from "../lib/environment.ts";
import { allowFlag, envFlag, mergeFlags } from "../lib/shell.ts";
import { type BackendRow, BACKENDS, chainRows, findBackend } from "../registry.ts";
import type { CommandChoice } from "./command.ts";
import { CommandError } from "./usage_error.ts";

/** An environment variable, or the config file, whose path may not be known yet. */
type Source = Deno.EnvPermissionDescriptor | Deno.ReadPermissionDescriptor;

type System = typeof Deno.build.os;

/** Chooses the keyring, or names all that the command may not read of what chooses it. */
export async function chooseForCommand(options: CommandChoice = {}): Promise<Choice> {
  const { ask = true, ...rest } = options;
  const permit = ask ? Deno.permissions.requestSync : Deno.permissions.querySync;
  for (const source of rest.ignoreConfig ? [] : sources(Deno.build.os)) {
    const { state } = permit.call(Deno.permissions, source);
    if (state !== "granted") throw await permissionError();
  }
  return await choose(rest);
}

/** Where the config file is, to write it. On a terminal Deno asks for what locates it. */
export function requireConfigPath(os: System): string {
  for (const variable of configVariables(os)) {
    Deno.permissions.requestSync({ name: "env", variable });
    if (locateConfig(os).path !== undefined) break;
  }
  const config = locateConfig(os);
  if (config.path !== undefined) return config.path;
  if (config.state !== "denied") {
    const variable = os === "windows" ? "LOCALAPPDATA" : "HOME";
    throw new CommandError(`Cannot write the config file: ${config.reason}. Set ${variable}.`);
  }
  const flags = `${envFlag(config.variables)} ${unknownConfigFlag("write", os)}`;
  throw new KeyringPermissionError(flags, { operation: "open" });
}

/** The settings that can choose a keyring but may not be read, and the flags that allow it. */
export function unreadSources(os: System): { names: string[]; flags: string } {
  const missing = [...sources(os, true), ...desktopSources(os)].filter(isMissing);
  const names = missing.map((source) =>
    source.name === "env" ? source.variable ?? "" : `${source.path ?? "the config file"}`
  );
  return { names, flags: flagsOf(missing, os) };
}

/** The sources in their order: all of them, or those up to the one that settles it. */
function* sources(os: System, all = false): Generator<Source> {
  for (const variable of VARIABLES) {
    yield { name: "env", variable };
    const { state } = lookUp(variable);
    if (!all && (state === "set" || state === "invalid")) return yield* settings(os);
  }
  yield* configSources(os);
  yield* settings(os);
}

function* configSources(os: System): Generator<Source> {
  for (const variable of configVariables(os)) {
    yield { name: "env", variable };
    if (locateConfig(os).path !== undefined) break;
  }
  const config = locateConfig(os);
  if (config.path !== undefined) yield { name: "read", path: config.path };
  else if (config.state === "denied") yield { name: "read" };
}

function* settings(os: System): Generator<Source> {
  if (isChain(nameSoFar())) {
    yield { name: "env", variable: CHAIN_VARIABLE };
    if (lookUp(CHAIN_VARIABLE).state !== "set") yield* configSources(os);
  }
  for (const variable of rowsToOpen(os).flatMap((row) => row.settings ?? [])) {
    yield { name: "env", variable };
  }
}

// Needed only if the session bus does not settle it, and then requested by the code that finds that
// out.
function* desktopSources(os: System): Generator<Source> {
  if (os === "linux" && nameSoFar() === undefined) {
    yield { name: "env", variable: "XDG_CURRENT_DESKTOP" };
  }
}

/** The backends that can be chosen, as far as is known; the preferred one first. */
function rowsToOpen(os: System): BackendRow[] {
  const name = nameSoFar();
  if (name !== undefined && !isChain(name)) return [findBackend(name)].filter((row) => !!row);
  const rows = name === undefined ? undefined : chainSoFar();
  return rows ?? BACKENDS.filter((each) => each.os === os);
}

function isChain(name: string | undefined): boolean {
  return name !== undefined && findBackend(name)?.id === "chain";
}

function chainSoFar(): BackendRow[] | undefined {
  try {
    return chainRows();
  } catch {
    return undefined;
  }
}

function nameSoFar(): string | undefined {
  try {
    return chosenName()?.name;
  } catch {
    // The choice itself reports what is wrong with it.
    return undefined;
  }
}

function isMissing(source: Source): boolean {
  return Deno.permissions.querySync(source).state !== "granted";
}

async function permissionError(): Promise<KeyringPermissionError> {
  const { os } = Deno.build;
  const missing = [...sources(os), ...desktopSources(os)].filter(isMissing);
  // The store's own missing permissions would be refused next.
  const store = await (await rowsToOpen(os)[0]?.load())?.probe();
  // One of the alternatives, if there are several.
  const [storeFlags = ""] = store?.flag?.split(", or ") ?? [];
  const flags = mergeFlags([flagsOf(missing, os), storeFlags]).join(" ");
  return new KeyringPermissionError(flags, {
    operation: "open",
    advice: `Add ${flags} to the deno command, or name the keyring with -b, or ignore the ` +
      "environment and the config file with --ignore-config.",
  });
}

function flagsOf(missing: readonly Source[], os: System): string {
  const variables = missing.flatMap((each) => each.name === "env" ? each.variable ?? [] : []);
  const flags = variables.length > 0 ? [envFlag([...new Set(variables)])] : [];
  const file = missing.find(({ name }) => name === "read");
  if (file?.name === "read") {
    const path = file.path === undefined ? undefined : `${file.path}`;
    flags.push(path === undefined ? unknownConfigFlag("read", os) : allowFlag("read", path));
  }
  return flags.join(" ");
}

// The shell expands the path that this process may not look up. Writing needs the folder.
function unknownConfigFlag(permission: "read" | "write", os: System): string {
  const folder = os === "windows"
    ? "$env:LOCALAPPDATA\\Python Keyring"
    : "${XDG_CONFIG_HOME:-$HOME/.config}/python_keyring";
  const file = `${os === "windows" ? "\\" : "/"}keyringrc.cfg`;
  return `--allow-${permission}="${folder}${permission === "read" ? file : ""}"`;
}

// Which keyring is used, and why: first the environment, then the config file, then the system.
// `setKeyring()` comes before all of them, in `default_keyring.ts`.

import { locateConfig, readConfig } from "./config.ts";
import { findFolder, lookUp } from "./lib/environment.ts";
import { envFlag } from "./lib/shell.ts";
import { FILE_ADVICE, KeyringError, KeyringPermissionError, type Viability } from "./errors.ts";
import type { CallOptions, Keyring } from "./keyring.ts";
import { absolutePath, isModule, loadModule, looksLikePath } from "./load_module.ts";
import {
  type BackendRow,
  BACKENDS,
  type CreateOptions,
  elsewhere,
  findBackend,
  look,
  preferredBackend,
} from "./registry.ts";

export interface Choice {
  keyring: Keyring;
  /** The backend's name, as `KEYRING_BACKEND` takes it. */
  id: string;
  /** What chose it, such as `environment variable KEYRING_BACKEND`. */
  by: string;
  /** The settings that could not be read. */
  warning?: string | undefined;
}

export interface ChooseOptions extends CreateOptions {
  /** Whether to use the system's keyring, whatever the environment and the config file name. */
  ignoreConfig?: boolean | undefined;
}

/** What `diagnose` reports about a backend. */
export interface StoreReport extends Viability {
  /** The backend's name, as `KEYRING_BACKEND` takes it. */
  id: string;
  name: string;
  /** The class of Python's keyring that keeps its entries in the same place; empty if there is none. */
  pythonName: string;
  /** The backend of this system with the highest priority is chosen; one below 0 only by name. */
  priority: number;
}

/** The variables that name a keyring, the first one first. */
export const VARIABLES: readonly string[] = ["KEYRING_BACKEND", "PYTHON_KEYRING_BACKEND"];

interface ChosenName {
  name: string;
  /** What named it. */
  by: string;
  /** The folder that a relative path of a module starts from. */
  folder?: string | undefined;
}

/** Finds the name that the environment or the config file specifies, as far as they may be read. */
export function chosenName(): ChosenName | undefined {
  for (const variable of VARIABLES) {
    const found = lookUp(variable);
    if (found.state === "set") return { name: found.value, by: `environment variable ${variable}` };
    if (found.state === "invalid") {
      const reason = `the environment variable ${variable} is not valid UTF-8`;
      throw new KeyringError(reason, { operation: "open" });
    }
  }
  const { path } = locateConfig();
  const { defaultKeyring: name, keyringPath } = readConfig(path) ?? {};
  if (path === undefined || name === undefined) return undefined;
  return { name, by: `config file ${path}`, folder: moduleFolder(path, keyringPath) };
}

/**
 * Chooses the keyring. Opens nothing and asks for nothing: a store that turns out to be unreachable
 * fails at the first call.
 */
export async function choose(options: ChooseOptions = {}): Promise<Choice> {
  const chosen = options.ignoreConfig ? undefined : chosenName();
  if (chosen) return await named(chosen, options);
  const row = await preferredBackend();
  if (row) {
    const by = row.isPreferred ? "the desktop" : "priority";
    const warning = options.ignoreConfig ? undefined : configWarning();
    return { keyring: await open(row, options), id: row.id, by, warning };
  }
  return { keyring: await noStoreHere(), id: "fail", by: "nothing else is viable" };
}

/**
 * Opens the keyring of a name, or the one that would be chosen, if its entries can be listed without
 * asking anyone for anything; loads no user modules.
 */
export async function openQuietly(name = chosenName()?.name): Promise<Keyring | undefined> {
  const row = name === undefined ? await preferredBackend() : findBackend(name);
  const isHere = row !== undefined && elsewhere(row) === undefined;
  return isHere && row.listsQuietly ? await open(row) : undefined;
}

export async function loadKeyring(
  name: string,
  folder?: string,
  options?: CreateOptions,
): Promise<Keyring> {
  const layout = options?.layout;
  if (isModule(name, folder)) {
    if (layout !== undefined) throw noLayouts(name);
    return await loadModule(name, folder && expandHome(folder));
  }
  const row = requireBackend(name);
  if (layout !== undefined && !row.hasLayouts) throw noLayouts(row.id);
  const reason = elsewhere(row);
  if (reason === undefined) return await open(row, options);
  throw new KeyringError(`the keyring "${row.id}" ${reason}`, { operation: "open" });
}

function noLayouts(name: string): KeyringError {
  const names = BACKENDS.filter(({ hasLayouts }) => hasLayouts).map(({ id }) => id).join(", ");
  return new KeyringError(`no other program keeps entries in the keyring "${name}"`, {
    operation: "open",
    advice: `Layouts exist for ${names}.`,
  });
}

async function open(row: BackendRow, options?: CreateOptions): Promise<Keyring> {
  try {
    const preferred = row.hasLayouts ? options?.preferredLayout : undefined;
    return await (await row.load()).open({ ...options, layout: options?.layout ?? preferred });
  } catch (error) {
    // One of its settings is not UTF-8.
    if (!(error instanceof Deno.errors.InvalidData)) throw error;
    throw new KeyringError(error.message, { operation: "open", cause: error });
  }
}

async function named({ name, by, folder }: ChosenName, options?: CreateOptions): Promise<Choice> {
  try {
    const keyring = await loadKeyring(name, folder, options);
    return { keyring, id: findBackend(name)?.id ?? name, by };
  } catch (error) {
    if (!(error instanceof KeyringError) || error instanceof KeyringPermissionError) throw error;
    const start = "Cannot open the keyring: ";
    const reason = error.message.replace(start, "");
    throw new KeyringError(`the ${by} names one that cannot be used: ${reason}`, {
      operation: "open",
      cause: error,
    });
  }
}

// Deno opens no file whose path is not UTF-8, whatever is in it.
function configWarning(): string | undefined {
  const config = locateConfig();
  return config.state === "invalid"
    ? `the config file was not looked for, as ${config.reason}`
    : undefined;
}

// The current folder may belong to anybody, so no module is looked for there.
function moduleFolder(config: string, keyringPath: string | undefined): string {
  const folder = config.slice(0, Math.max(config.lastIndexOf("/"), config.lastIndexOf("\\")));
  return keyringPath === undefined ? folder : absolutePath(expandHome(keyringPath), folder);
}

// Python expands `~` in keyring-path, so a config file that both read may have it.
function expandHome(folder: string): string {
  if (!/^~(?=[\\/]|$)/.test(folder)) return folder;
  const home = findFolder([Deno.build.os === "windows" ? "USERPROFILE" : "HOME"]);
  if (home.path !== undefined) return `${home.path}${folder.slice(1)}`;
  if (home.state === "denied") {
    throw new KeyringPermissionError(envFlag(home.variables), { operation: "open" });
  }
  throw new KeyringError(`the home folder of "${folder}" is not known: ${home.reason}`, {
    operation: "open",
    advice: "Write the whole path.",
  });
}

function requireBackend(name: string): BackendRow {
  const row = findBackend(name);
  if (row) return row;
  const names = BACKENDS
    .map(({ id, pythonNames: [pythonName] }) => pythonName ? `${id} (${pythonName})` : id)
    .join(", ");
  const module = looksLikePath(name) ? ` To load a module, begin its path with ./ or /.` : "";
  throw new KeyringError(`there is no keyring "${name}"`, {
    operation: "open",
    advice: `The keyrings are: ${names}.${module}`,
  });
}

async function noStoreHere(): Promise<Keyring> {
  const { FailKeyring } = await import("./backends/fail.ts");
  return new FailKeyring({
    reason: `no keyring is known for ${Deno.build.os}`,
    advice: `Choose one with setKeyring() or KEYRING_BACKEND. ${FILE_ADVICE}`,
  });
}

/** Checks every backend: never prompts, never writes, finishes within seconds. */
export function describeStores(options?: CallOptions): Promise<StoreReport[]> {
  return Promise.all(BACKENDS.map(async (row) => {
    const { id, name, pythonNames: [pythonName = ""], priority } = row;
    return { id, name, pythonName, priority, ...await look(row, options) };
  }));
}

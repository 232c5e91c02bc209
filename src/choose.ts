// Which keyring is used, and why: the environment before the config file before what the system
// has. `setKeyring()` comes before all of them, in `default_keyring.ts`.

import { FailKeyring } from "./backends/fail.ts";
import { configPath, readConfig } from "./config.ts";
import { readVariable } from "./lib/environment.ts";
import { FILE_ADVICE, KeyringError, KeyringPermissionError, type Viability } from "./errors.ts";
import type { CallOptions, Keyring } from "./keyring.ts";
import { isModule, loadModule } from "./load_module.ts";
import {
  type BackendRow,
  BACKENDS,
  type CreateOptions,
  findBackend,
  preferredBackend,
} from "./registry.ts";

export interface Choice {
  keyring: Keyring;
  /** The backend's name, as `KEYRING_BACKEND` takes it. */
  id: string;
  /** What chose it, such as `environment variable KEYRING_BACKEND`. */
  by: string;
}

/** What `diagnose` reports of a backend. */
export interface StoreReport extends Viability {
  /** The backend's name, as `KEYRING_BACKEND` takes it. */
  id: string;
  name: string;
  /** The class of Python's keyring that keeps its entries in the same place; empty if none does. */
  pythonName: string;
  /** Of those of this system the one with the highest is chosen; below 0, only by name. */
  priority: number;
}

const VARIABLES = ["KEYRING_BACKEND", "PYTHON_KEYRING_BACKEND"];

interface ChosenName {
  name: string;
  /** What named it. */
  by: string;
  /** The folder that a relative path of a module starts from. */
  folder?: string | undefined;
}

/** Finds the name that the environment or the config file chooses. */
function chosenName(): ChosenName | undefined {
  for (const variable of VARIABLES) {
    const name = readVariable(variable);
    if (name !== undefined) return { name, by: `environment variable ${variable}` };
  }
  const path = configPath();
  const { defaultKeyring: name, keyringPath: folder } = readConfig(path) ?? {};
  return name === undefined ? undefined : { name, by: `config file ${path}`, folder };
}

/**
 * Chooses the keyring. Opens nothing and asks for nothing: a store that turns out to be out of
 * reach says so at the first call.
 */
export async function choose(options?: CreateOptions): Promise<Choice> {
  const chosen = chosenName();
  if (chosen) return await named(chosen, options);
  const row = await preferredBackend();
  if (row) {
    const by = row.isPreferred ? "the desktop" : "priority";
    return { keyring: await open(row, options), id: row.id, by };
  }
  return { keyring: noStoreHere(), id: "fail", by: "nothing else is viable" };
}

/**
 * Opens the keyring of a name, or the one that would be chosen, if its entries can be listed without
 * asking anybody for anything; loads no module of the user's.
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
  if (isModule(name)) return await loadModule(name, expandHome(folder));
  const row = requireBackend(name);
  const reason = elsewhere(row);
  if (reason === undefined) return await open(row, options);
  throw new KeyringError(`the keyring "${row.id}" ${reason}`, { operation: "open" });
}

async function open(row: BackendRow, options?: CreateOptions): Promise<Keyring> {
  return await (await row.load()).open(options);
}

function elsewhere({ os }: BackendRow): string | undefined {
  if (os === undefined || os === Deno.build.os) return undefined;
  return `belongs to ${os}, and this is ${Deno.build.os}`;
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

// Python expands `~` in keyring-path, so a config file that both read may have it.
function expandHome(folder: string | undefined): string | undefined {
  const home = readVariable(Deno.build.os === "windows" ? "USERPROFILE" : "HOME");
  return home ? folder?.replace(/^~(?=[\\/]|$)/, () => home) : folder;
}

function requireBackend(name: string): BackendRow {
  const row = findBackend(name);
  if (row) return row;
  const names = BACKENDS
    .map(({ id, pythonNames: [pythonName] }) => pythonName ? `${id} (${pythonName})` : id)
    .join(", ");
  throw new KeyringError(`there is no keyring "${name}"`, {
    operation: "open",
    advice: `There are: ${names}.`,
  });
}

function noStoreHere(): Keyring {
  return new FailKeyring({
    reason: `no keyring is known for ${Deno.build.os}`,
    advice: `Choose one with setKeyring() or KEYRING_BACKEND. ${FILE_ADVICE}`,
  });
}

/** Looks at every backend: never prompts, never writes, ends within seconds. */
export function describeStores(options?: CallOptions): Promise<StoreReport[]> {
  return Promise.all(BACKENDS.map(async (row) => {
    const { id, name, pythonNames: [pythonName = ""], priority } = row;
    const reason = elsewhere(row);
    const viability = reason === undefined
      ? await (await row.load()).probe(options)
      : { viable: false, reason: `it ${reason}` };
    return { id, name, pythonName, priority, ...viability };
  }));
}

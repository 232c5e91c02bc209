/**
 * Which keyring is used, and why: the environment before the config file before what the system
 * has. `setKeyring()` comes before all of them, in `default_keyring.ts`.
 *
 * @module
 */

import { FailKeyring } from "./backends/fail.ts";
import { configPath, readConfig } from "./config.ts";
import { readVariable } from "./environment.ts";
import { KeyringError } from "./errors.ts";
import type { Keyring } from "./keyring.ts";
import { findStore, type Store, STORES } from "./stores.ts";

/** A keyring with the reason why it was chosen. */
export interface Choice {
  /** The keyring. */
  keyring: Keyring;
  /** The store's name, as `KEYRING_BACKEND` takes it. */
  id: string;
  /** What chose it, such as `environment variable KEYRING_BACKEND`. */
  by: string;
}

/** What `diagnose` tells of a store. */
export interface StoreReport {
  /** The store's name, as `KEYRING_BACKEND` takes it. */
  id: string;
  /** What its system calls it. */
  name: string;
  /** The class of Python's keyring that keeps its entries in the same place. */
  pythonName: string;
  /** Of the viable stores the one with the highest is chosen; below 0, only by name. */
  priority: number;
  /** Whether it can be used, once the missing permission is there. */
  viable: boolean;
  /** Why it cannot be used. */
  reason?: string;
  /** The Deno flag that is missing. */
  flag?: string;
}

const VARIABLES = ["KEYRING_BACKEND", "PYTHON_KEYRING_BACKEND"];

/**
 * Chooses the keyring. Opens nothing and asks for nothing: a store that turns out to be out of
 * reach says so at the first call.
 *
 * @returns The keyring, and why.
 */
export function choose(): Promise<Choice> {
  return Promise.try(chooseNow);
}

function chooseNow(): Choice {
  for (const variable of VARIABLES) {
    const name = readVariable(variable);
    if (name !== undefined) return named(name, `environment variable ${variable}`);
  }
  const path = configPath();
  const name = readConfig(path)?.defaultKeyring;
  if (name !== undefined) return named(name, `config file ${path}`);
  const [store] = STORES
    .filter(({ os, priority }) => priority > 0 && (os === undefined || os === Deno.build.os))
    .toSorted((a, b) => b.priority - a.priority);
  if (store) return { keyring: store.create(), id: store.id, by: "priority" };
  return { keyring: noStoreHere(), id: "fail", by: "nothing else is viable" };
}

/**
 * Makes the keyring of a store.
 *
 * @param name The store's name, or that of Python's class for the same store.
 * @returns The keyring.
 */
export function loadKeyring(name: string): Promise<Keyring> {
  return Promise.try(() => requireStore(name).create());
}

function named(name: string, by: string): Choice {
  try {
    const store = requireStore(name);
    return { keyring: store.create(), id: store.id, by };
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    throw new KeyringError(`the ${by} names a keyring that does not exist: ${name}`, {
      operation: "open",
      advice: error.advice,
    });
  }
}

function requireStore(name: string): Store {
  const store = findStore(name);
  if (store) return store;
  const names = STORES.map(({ id, pythonName }) => `${id} (${pythonName})`).join(", ");
  throw new KeyringError(`there is no keyring "${name}"`, {
    operation: "open",
    advice: `There are: ${names}.`,
  });
}

function noStoreHere(): Keyring {
  return new FailKeyring({
    reason: `no keyring is known for ${Deno.build.os}`,
    advice: "Choose one with setKeyring() or KEYRING_BACKEND.",
  });
}

/**
 * Looks at every store: never prompts, never writes, ends within seconds.
 *
 * @returns What is known of each.
 */
export function describeStores(): Promise<StoreReport[]> {
  return Promise.all(STORES.map(async ({ id, name, pythonName, priority, os, probe }) => {
    const elsewhere = os !== undefined && os !== Deno.build.os;
    const viability = elsewhere
      ? { viable: false, reason: `it belongs to ${os}, and this is ${Deno.build.os}` }
      : await probe();
    return { id, name, pythonName, priority, ...viability };
  }));
}

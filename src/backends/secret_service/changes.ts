// Changes under way. `secret-tool` takes the end of its input for the end of the secret, so a
// process that is killed between starting it and handing it the secret leaves an empty item.
// Hence whoever replaces a secret first stores the new one in an item beside it, and removes that
// in the end. Whoever finds an empty item under the label of a full one reads the newest such
// change.
// The attributes are none that a search for entries asks for, so that no program takes a change
// for an entry.

import { GRACE_MS } from "../../large_secrets/grace.ts";
import { tidy } from "../../lib/best_effort.ts";
import type { Names } from "./listing.ts";
import type { Attributes } from "./search_output.ts";
import { type SecretTool, SecretToolError } from "./secret_tool.ts";

const KIND = "os-keyring";
const SERVICE = "os-keyring-service";
const USERNAME = "os-keyring-username";
// When the change was begun and a random number: two writers never share an item.
const ID = "os-keyring-change";
const FORGET_MS = 3_000;

export interface Found {
  ids: string[];
  /** Whether any is locked, which tells no id. */
  locked: boolean;
}

export async function findChanges(
  tool: SecretTool,
  names: Names,
  signal?: AbortSignal,
): Promise<Found> {
  const { items, locked } = await tool.search(changesOf(names), signal);
  return { ids: items.map((item) => item.get(ID) ?? "").sort().reverse(), locked };
}

export async function withChange(
  tool: SecretTool,
  names: Names,
  stored: Uint8Array,
  replace: () => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const random = crypto.getRandomValues(new Uint8Array(8)).toHex();
  const change = changeOf(names, `${new Date(Date.now()).toISOString()} ${random}`);
  const label = `Change of the password of '${names.username}' for '${names.service}'`;
  try {
    await tool.store(label, change, stored, signal);
    await replace();
  } catch (error) {
    // A program that did not fail has stored something, if not all.
    if (!(error instanceof SecretToolError && error.code === 0)) await forget(tool, change);
    throw error;
  }
  await forget(tool, change);
}

// What cannot be removed stays until a later write or prune; the entry itself is as it should be.
async function forget(tool: SecretTool, change: Attributes): Promise<void> {
  await tidy(FORGET_MS, (signal) => tool.clear(change, signal));
}

/**
 * Reads the secret of the newest change of an entry. One that is empty was itself cut off, when the
 * entry was still as before.
 */
export async function readChange(
  tool: SecretTool,
  names: Names,
  signal?: AbortSignal,
): Promise<Uint8Array | null> {
  const { ids, locked } = await findChanges(tool, names, signal);
  if (locked) throw new SecretToolError("locked", "", 1);
  for (const id of ids) {
    const stored = await tool.lookup(changeOf(names, id), signal);
    if (stored && stored.length > 0) return stored;
  }
  return null;
}

export async function forgetOld(tool: SecretTool, names: Names, found: Found): Promise<void> {
  for (const id of found.ids) {
    if (timeOf(id) <= Date.now() - GRACE_MS) await forget(tool, changeOf(names, id));
  }
}

export async function removeChanges(
  tool: SecretTool,
  names: Names,
  signal?: AbortSignal,
): Promise<void> {
  await tool.clear(changesOf(names), signal);
}

/** Removes the changes that were begun before a time and did not come to their end. */
export async function pruneChanges(
  tool: SecretTool,
  before: number,
  isNeeded: (names: Names) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<number> {
  let removed = 0;
  const { items } = await tool.search(new Map([[KIND, "change"]]), signal);
  for (const item of items) {
    const [service, username, id = ""] = [SERVICE, USERNAME, ID].map((name) => item.get(name));
    if (!service || username === undefined || !(timeOf(id) <= before)) continue;
    const names = { service, username };
    if (await isNeeded(names)) continue;
    if (await tool.clear(changeOf(names, id), signal)) removed++;
  }
  return removed;
}

function timeOf(id: string): number {
  return Date.parse(id.slice(0, id.indexOf(" ")));
}

function changeOf(names: Names, id: string): Attributes {
  return new Map([...changesOf(names), [ID, id]]);
}

function changesOf({ service, username }: Names): Map<string, string> {
  return new Map([[KIND, "change"], [SERVICE, service], [USERNAME, username]]);
}

import { compareEntries, type EntryInfo } from "../../keyring.ts";
import { type DumpedItem, parseTime } from "./parse.ts";
import { commandLine, MAX_LINE_BYTES } from "./quote.ts";

/**
 * Makes the entries of a keychain's items. Items without a service or an account, and items whose
 * names are not text, belong to no call of the contract and are left out.
 */
export function entriesOf(items: readonly DumpedItem[], service?: string): EntryInfo[] {
  const entries = new Map<string, EntryInfo>();
  for (const { attributes } of items) {
    const entry = entryOf(attributes);
    if (!entry || service !== undefined && entry.service !== service) continue;
    const key = JSON.stringify([entry.service, entry.username]);
    if (!entries.has(key)) entries.set(key, entry);
  }
  return [...entries.values()].sort(compareEntries);
}

function entryOf(attributes: DumpedItem["attributes"]): EntryInfo | undefined {
  const service = textOf(attributes.get("svce"));
  const username = textOf(attributes.get("acct"));
  if (service === undefined || username === undefined) return undefined;
  const modified = parseTime(attributes.get("mdat"));
  const comment = textOf(attributes.get("icmt"));
  return { service, username, ...modified && { modified }, ...comment && { comment } };
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export const ADD_COMMAND = "add-generic-password";

/**
 * Makes the arguments that create an item or replace its secret. They never name the programs that
 * may read it: to change that of an item that exists, the system asks the user.
 */
export function addArguments(
  service: string,
  username: string,
  hex: Uint8Array,
  keychain: readonly string[],
): (string | Uint8Array)[] {
  return ["-U", "-a", username, "-s", service, "-X", hex, ...keychain];
}

export function largestSecret(
  service: string,
  username: string,
  keychain: readonly string[],
): number {
  const args = addArguments(service, username, new Uint8Array(), keychain);
  const used = commandLine(ADD_COMMAND, args).length - 1;
  return Math.floor((MAX_LINE_BYTES - used) / 2);
}

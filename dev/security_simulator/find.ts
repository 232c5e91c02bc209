/**
 * `find-generic-password`, `delete-generic-password` and `dump-keychain`.
 *
 * @module
 */

import { printBuffer, printItem, printPlainly } from "./print.ts";
import {
  type Command,
  complain,
  enter,
  findItem,
  keychainPath,
  parse,
  type Place,
  placesToSearch,
  type Session,
  Status,
} from "./session.ts";
import type { Item } from "./state.ts";

const CRITERIA: Record<string, keyof Item> = {
  a: "account",
  s: "service",
  l: "label",
  D: "kind",
  G: "generic",
  j: "comment",
  c: "creator",
  C: "type",
};

/** Finds the first item and prints it, with its secret where that is asked for. */
export const findGenericPassword: Command = function findGenericPassword(session, args) {
  const parsed = parse(args, "a:c:C:D:G:j:l:s:wgh");
  if (!parsed) return Status.usage;
  const found = search(session, parsed.operands, criteria(parsed.options));
  if (!found) return complain(session, "SecKeychainSearchCopyNext", Status.itemNotFound);
  const letters = parsed.options.map(([letter]) => letter);
  if (letters.includes("g") || letters.includes("w")) {
    const status = enter(session, found.keychain) || (found.item.refusesRead ?? 0);
    if (status !== 0) return status;
  }
  if (letters.includes("w")) {
    session.out(printPlainly(found.item.secret));
    return Status.ok;
  }
  session.out(printItem(found.path, found.item));
  if (letters.includes("g")) session.err(`password: ${printBuffer(found.item.secret)}\n`);
  return Status.ok;
};

/** Deletes the first item, and says so even when it could not. */
export const deleteGenericPassword: Command = function deleteGenericPassword(session, args) {
  const parsed = parse(args, "a:c:C:D:G:j:l:s:h");
  if (!parsed || parsed.options.length === 0) return Status.usage;
  const found = search(session, parsed.operands, criteria(parsed.options));
  if (!found) return complain(session, "SecKeychainSearchCopyNext", Status.itemNotFound);
  session.out(printItem(found.path, found.item));
  const status = enter(session, found.keychain);
  if (status === 0) {
    found.keychain.items.splice(found.keychain.items.indexOf(found.item), 1);
  }
  session.err("password has been deleted.\n");
  return status;
};

function criteria(options: [string, string][]): Partial<Item> {
  const wanted: Partial<Item> = {};
  for (const [letter, value] of options) {
    const name = CRITERIA[letter];
    if (name) Object.assign(wanted, { [name]: value });
  }
  const { account, service } = wanted;
  return account === undefined || service === undefined ? wanted : { account, service };
}

function search(
  session: Session,
  names: string[],
  wanted: Partial<Item>,
): Place & { item: Item } | undefined {
  return session.state.failsSearch ? undefined : findItem(placesToSearch(session, names), wanted);
}

/** Prints the attributes of all items, locked or not. */
export const dumpKeychain: Command = function dumpKeychain(session, args) {
  const parsed = parse(args, "ar");
  if (!parsed) return Status.usage;
  const { keychains } = session.state;
  const missing = parsed.operands.some((name) => !keychains[keychainPath(session, name)]);
  const places = placesToSearch(session, parsed.operands);
  const noneAtAll = places.length === 0;
  if (missing || noneAtAll || session.state.failsSearch) {
    complain(session, "SecKeychainSearchCopyNext", Status.noSuchKeychain);
    return Status.failed;
  }
  for (const { path, keychain } of places) {
    for (const item of keychain.items) session.out(printItem(path, item));
  }
  return Status.ok;
};

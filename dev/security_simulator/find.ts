/**
 * `find-generic-password`, `delete-generic-password`, the same for internet passwords, and
 * `dump-keychain`.
 *
 * @module
 */

import { attributesOf, criteriaOf, GENERIC, INTERNET, type PasswordClass } from "./classes.ts";
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

/** Finds the first generic password and prints it, with its secret where that is asked for. */
export const findGenericPassword: Command = (session, args) => find(GENERIC, session, args);

/** Finds the first internet password likewise. */
export const findInternetPassword: Command = (session, args) => find(INTERNET, session, args);

function find(kind: PasswordClass, session: Session, args: string[]): number {
  const parsed = parse(args, `${kind.findOptions}wg`);
  if (!parsed) return Status.usage;
  const attributes = attributesOf(kind, parsed.options);
  if (!attributes) return Status.failed;
  const found = search(session, kind, parsed.operands, attributes);
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
}

/** Deletes the first generic password, and says so even when it could not. */
export const deleteGenericPassword: Command = (session, args) => remove(GENERIC, session, args);

/** Deletes the first internet password likewise. */
export const deleteInternetPassword: Command = (session, args) => remove(INTERNET, session, args);

function remove(kind: PasswordClass, session: Session, args: string[]): number {
  const parsed = parse(args, kind.findOptions);
  if (!parsed || parsed.options.length === 0) return Status.usage;
  const attributes = attributesOf(kind, parsed.options);
  if (!attributes) return Status.failed;
  const found = search(session, kind, parsed.operands, attributes);
  if (!found) return complain(session, "SecKeychainSearchCopyNext", Status.itemNotFound);
  session.out(printItem(found.path, found.item));
  const status = enter(session, found.keychain);
  if (status === 0) {
    found.keychain.items.splice(found.keychain.items.indexOf(found.item), 1);
  }
  session.err("password has been deleted.\n");
  return status;
}

function search(
  session: Session,
  kind: PasswordClass,
  names: string[],
  given: Partial<Item>,
): Place & { item: Item } | undefined {
  if (session.state.failsSearch) return undefined;
  return findItem(placesToSearch(session, names), kind.name, criteriaOf(kind, given));
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

/**
 * `add-generic-password`.
 *
 * @module
 */

import { getopt, type Parsed } from "./getopt.ts";
import {
  type Command,
  complain,
  DialogShown,
  enter,
  findItem,
  keychainPath,
  type Place,
  placesToSearch,
  type Session,
  Status,
} from "./session.ts";
import type { Item } from "./state.ts";

const ATTRIBUTES: Record<string, keyof Item> = {
  a: "account",
  s: "service",
  l: "label",
  D: "kind",
  G: "generic",
  j: "comment",
  c: "creator",
  C: "type",
};
const LONGEST_PROMPTED = 128;
const PROMPT_TRIES = 3;

/** Creates an item, or with `-U` updates the one with the same account and service. */
export const addGenericPassword: Command = function addGenericPassword(session, args) {
  const parsed = getopt(args, ":a:c:C:D:G:j:l:s:p:w:X:UAT:h");
  const { options, operands, incomplete } = parsed;
  if (parsed.illegal || operands[0] === "" || operands.length > 1) return Status.usage;
  const attributes: Partial<Item> = {};
  for (const [letter, value] of options) {
    const name = ATTRIBUTES[letter];
    if (name) Object.assign(attributes, { [name]: value });
    if ("cC".includes(letter) && value.length !== 4) return Status.failed;
    if (letter === "T" && value !== "" && !value.startsWith("/")) return Status.failed;
  }
  if (attributes.account === undefined || attributes.service === undefined) return Status.usage;
  if (incomplete !== undefined && !"wp".includes(incomplete)) return Status.usage;
  const secret = incomplete === undefined ? givenSecret(session, parsed) : askTwice(session);
  if (typeof secret === "number") return secret;
  const has = (letter: string) => options.some(([given]) => given === letter);
  const status = has("U") ? update(session, operands, attributes, secret, has("T") || has("A")) : 1;
  return status === 0 ? status : create(session, operands[0], attributes, secret ?? "");
};

function givenSecret(session: Session, { options }: Parsed): string | undefined | number {
  const [letter, value] = options.findLast(([given]) => "wpX".includes(given)) ?? [];
  if (letter !== "X" || value === undefined) return value;
  const secret = decodeLikeApple(value);
  if (secret !== undefined) return secret;
  const message = "Unable to convert password data (-X must specify valid hex digits)";
  session.err(`security: ${session.state.translated ? "Das ging nicht." : message}\n`);
  return Status.usage;
}

// Of an odd number of digits, the first is a byte, and the second is never looked at.
function decodeLikeApple(digits: string): string | undefined {
  let secret = "";
  for (let at = 0; at < digits.length; at += 2) {
    const odd = digits.length % 2 === 1;
    const pair = odd && at === 0 ? `0${digits[0]}` : digits.slice(at, at + 2).padEnd(2, "0");
    if (!/^[0-9A-Fa-f]{2}$/.test(pair)) return undefined;
    secret += String.fromCharCode(parseInt(pair, 16));
  }
  return secret;
}

function askTwice(session: Session): string | number {
  for (let attempt = 0; attempt < PROMPT_TRIES; attempt++) {
    const first = session.ask("password data for new item: ").slice(0, LONGEST_PROMPTED);
    const second = session.ask("retype password for new item: ").slice(0, LONGEST_PROMPTED);
    if (first === second) return first;
    session.err("passwords don't match\n");
  }
  return Status.failed;
}

function update(
  session: Session,
  operands: string[],
  attributes: Partial<Item>,
  secret: string | undefined,
  changesAccess: boolean,
): number {
  const { account = "", service = "" } = attributes;
  const found = findItem(placesToSearch(session, operands.slice(0, 1)), { account, service });
  if (!found) return Status.itemNotFound;
  const entered = enter(session, found.keychain);
  if (entered !== 0) return complain(session, "SecKeychainItemModifyContent", entered);
  if (found.item.refusesUpdate) {
    return complain(session, "SecKeychainItemModifyContent", Status.wrongPassword);
  }
  if (changesAccess) {
    if (session.state.gui) throw new DialogShown();
    return complain(session, "SecKeychainItemSetAccess", Status.interactionNotAllowed);
  }
  if (session.state.ignoresUpdate) return Status.ok;
  Object.assign(found.item, { label: service }, attributes, { modified: now() });
  if (secret !== undefined) found.item.secret = session.state.storesNothing ? "" : secret;
  return Status.ok;
}

function create(
  session: Session,
  name: string | undefined,
  attributes: Partial<Item>,
  secret: string,
): number {
  const where = `SecKeychainItemCreateFromContent (${name ?? "<default>"})`;
  const place = placeToWrite(session, name);
  if (!place) return complain(session, where, Status.noDefaultKeychain);
  const entered = enter(session, place.keychain);
  if (entered !== 0) return complain(session, where, entered);
  const { account = "", service = "" } = attributes;
  if (findItem([place], { account, service })) {
    return complain(session, where, Status.duplicateItem);
  }
  const written = session.state.storesNothing ? "" : secret;
  const times = { created: now(), modified: now() };
  place.keychain.items.push({ label: service, ...attributes, ...times, secret: written });
  return Status.ok;
}

// A keychain that is named but missing is silently replaced by the default one.
function placeToWrite(session: Session, name: string | undefined): Place | undefined {
  const { keychains, defaultKeychain } = session.state;
  const named = name === undefined ? undefined : keychainPath(session, name);
  const path = named !== undefined && keychains[named] ? named : defaultKeychain;
  const keychain = path === null ? undefined : keychains[path];
  return path === null || !keychain ? undefined : { path, keychain };
}

function now(): string {
  return `${new Date().toISOString().replace(/\D/g, "").slice(0, 14)}Z`;
}

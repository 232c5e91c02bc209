/**
 * `add-generic-password` and `add-internet-password`.
 *
 * @module
 */

import { attributesOf, criteriaOf, GENERIC, INTERNET, type PasswordClass } from "./classes.ts";
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

const LONGEST_PROMPTED = 128;
const PROMPT_TRIES = 3;

/** Creates a generic password, or with `-U` updates the one with the same account and service. */
export const addGenericPassword: Command = (session, args) => addPassword(GENERIC, session, args);

/** Creates an internet password, or with `-U` updates the first that has what is given. */
export const addInternetPassword: Command = (session, args) => addPassword(INTERNET, session, args);

function addPassword(kind: PasswordClass, session: Session, args: string[]): number {
  const parsed = getopt(args, kind.addOptions);
  const { options, operands, incomplete } = parsed;
  if (parsed.illegal || operands[0] === "" || operands.length > 1) return Status.usage;
  const attributes = attributesOf(kind, options);
  const isUntrusted = ([letter, value]: [string, string]) =>
    letter === "T" && value !== "" && !value.startsWith("/");
  if (!attributes || options.some(isUntrusted)) return Status.failed;
  if (attributes.account === undefined || attributes[kind.main] === undefined) return Status.usage;
  if (incomplete !== undefined && !"wp".includes(incomplete)) return Status.usage;
  const secret = incomplete === undefined ? givenSecret(session, parsed) : askTwice(session);
  if (typeof secret === "number") return secret;
  const has = (letter: string) => options.some(([given]) => given === letter);
  const changesAccess = has("T") || has("A");
  const place = { session, kind, operands, attributes };
  const status = has("U") ? update(place, secret, changesAccess) : 1;
  return status === 0 ? status : create(place, secret ?? "");
}

interface Addition {
  session: Session;
  kind: PasswordClass;
  operands: string[];
  attributes: Partial<Item>;
}

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
  { session, kind, operands, attributes }: Addition,
  secret: string | undefined,
  changesAccess: boolean,
): number {
  const places = placesToSearch(session, operands.slice(0, 1));
  const found = findItem(places, kind.name, criteriaOf(kind, attributes));
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
  const label = attributes[kind.main] ?? "";
  Object.assign(found.item, { label }, attributes, { modified: now() });
  if (secret !== undefined) found.item.secret = session.state.storesNothing ? "" : secret;
  return Status.ok;
}

function create(
  { session, kind, operands: [name], attributes }: Addition,
  secret: string,
): number {
  const where = `SecKeychainItemCreateFromContent (${name ?? "<default>"})`;
  const place = placeToWrite(session, name);
  if (!place) return complain(session, where, Status.noDefaultKeychain);
  const entered = enter(session, place.keychain);
  if (entered !== 0) return complain(session, where, entered);
  const label = attributes[kind.main] ?? "";
  const item = { label, ...kind.defaults, ...attributes };
  const isSame = (other: Item) =>
    (other.class ?? "genp") === kind.name &&
    kind.key.every((name) => (other[name] ?? "") === (item[name] ?? ""));
  if (place.keychain.items.some(isSame)) return complain(session, where, Status.duplicateItem);
  const written = session.state.storesNothing ? "" : secret;
  const times = { created: now(), modified: now() };
  const className = kind.name === "genp" ? {} : { class: kind.name };
  place.keychain.items.push({ ...className, ...item, ...times, secret: written });
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

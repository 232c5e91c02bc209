/**
 * The commands about keychains as a whole.
 *
 * @module
 */

import {
  type Command,
  complain,
  enter,
  keychainPath,
  parse,
  type Session,
  Status,
} from "./session.ts";
import type { Keychain } from "./state.ts";

/** Creates a keychain, which neither joins the search list nor becomes the default. */
export const createKeychain: Command = function createKeychain(session, args) {
  const parsed = parse(args, "p:Ph");
  const name = parsed?.operands[0];
  if (!parsed || !name) return Status.usage;
  const password = givenPassword(session, parsed.options);
  if (password === undefined) return Status.promptFailed;
  const path = keychainPath(session, name);
  if (session.state.keychains[path]) {
    return complain(session, "SecKeychainCreate", Status.duplicateKeychain);
  }
  session.state.keychains[path] = { password, locked: false, items: [] };
  return Status.ok;
};

/** Deletes keychains and takes them off the search list. */
export const deleteKeychain: Command = function deleteKeychain(session, args) {
  const names = parse(args, "h")?.operands ?? [];
  if (names.length === 0) return Status.usage;
  const { state } = session;
  for (const name of names) {
    const path = keychainPath(session, name);
    if (!state.keychains[path]) return missing(session, "SecKeychainDelete");
    delete state.keychains[path];
    state.searchList = state.searchList.filter((listed) => listed !== path);
    if (state.defaultKeychain === path) state.defaultKeychain = null;
  }
  return Status.ok;
};

/** Locks one keychain, or all of them. */
export const lockKeychain: Command = function lockKeychain(session, args) {
  const parsed = parse(args, "ah");
  if (!parsed) return Status.usage;
  const keychain = namedOrDefault(session, parsed.operands[0]);
  if (!keychain) return missing(session, "SecKeychainLock");
  const all = parsed.options.some(([letter]) => letter === "a");
  const locked = all ? Object.values(session.state.keychains) : [keychain];
  for (const each of locked) each.locked = true;
  return Status.ok;
};

/** Unlocks a keychain. */
export const unlockKeychain: Command = function unlockKeychain(session, args) {
  const parsed = parse(args, "p:uh");
  if (!parsed) return Status.usage;
  const password = givenPassword(session, parsed.options);
  if (password === undefined) return Status.promptFailed;
  const keychain = namedOrDefault(session, parsed.operands[0]);
  if (!keychain) return missing(session, "SecKeychainUnlock");
  if (keychain.password !== password) {
    return complain(session, "SecKeychainUnlock", Status.wrongPassword);
  }
  keychain.locked = false;
  return Status.ok;
};

/** Accepts settings, which change nothing here. */
export const setKeychainSettings: Command = function setKeychainSettings(session, args) {
  const parsed = parse(args, "lut:h");
  if (!parsed) return Status.usage;
  const keychain = namedOrDefault(session, parsed.operands[0]);
  return keychain ? enter(session, keychain) : missing(session, "SecKeychainSetSettings");
};

/** Prints a keychain's settings on stderr; a locked one must be unlocked for that. */
export const showKeychainInfo: Command = function showKeychainInfo(session, args) {
  const parsed = parse(args, "h");
  if (!parsed) return Status.usage;
  const name = parsed.operands[0];
  const keychain = namedOrDefault(session, name);
  if (!keychain) return missing(session, "SecKeychainCopySettings");
  const status = enter(session, keychain);
  if (status === 0) session.err(`Keychain "${name ?? "<NULL>"}" no-timeout\n`);
  return status;
};

/** Prints or sets the default keychain; every failure is status 1. */
export const defaultKeychain: Command = function defaultKeychain(session, args) {
  const parsed = parse(args, "d:sh");
  if (!parsed) return Status.usage;
  const { state } = session;
  if (parsed.options.some(([letter]) => letter === "s")) {
    const name = parsed.operands[0];
    state.defaultKeychain = name === undefined ? null : keychainPath(session, name);
    return Status.ok;
  }
  if (!namedOrDefault(session, undefined)) {
    complain(session, "SecKeychainCopyDefault", Status.noDefaultKeychain);
    return Status.failed;
  }
  session.out(`    "${state.defaultKeychain}"\n`);
  return Status.ok;
};

/** Prints or replaces the search list. */
export const listKeychains: Command = function listKeychains(session, args) {
  const parsed = parse(args, "d:sh");
  if (!parsed) return Status.usage;
  const { state } = session;
  if (parsed.options.some(([letter]) => letter === "s")) {
    state.searchList = parsed.operands.map((name) => keychainPath(session, name));
  } else {
    for (const path of state.searchList) session.out(`    "${path}"\n`);
  }
  return Status.ok;
};

function givenPassword(session: Session, options: [string, string][]): string | undefined {
  const given = options.findLast(([letter]) => letter === "p")?.[1];
  if (given !== undefined || !session.canAsk) return given;
  return session.ask("password: ");
}

function namedOrDefault(session: Session, name: string | undefined): Keychain | undefined {
  const { keychains, defaultKeychain: path } = session.state;
  if (name !== undefined) return keychains[keychainPath(session, name)];
  return path === null ? undefined : keychains[path];
}

function missing(session: Session, where: string): number {
  return complain(session, where, Status.noSuchKeychain);
}

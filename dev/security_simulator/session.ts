/**
 * What the commands have in common: output, prompts, statuses, and the way to a keychain.
 *
 * @module
 */

import { getopt, type Parsed } from "./getopt.ts";
import type { Item, Keychain, State } from "./state.ts";

/** The statuses that commands end with. */
export const Status = {
  ok: 0,
  failed: 1,
  usage: 2,
  promptFailed: -1,
  invalidKeychain: -25295,
  wrongPassword: -25293,
  noSuchKeychain: -25294,
  duplicateKeychain: -25296,
  duplicateItem: -25299,
  itemNotFound: -25300,
  noDefaultKeychain: -25307,
  interactionNotAllowed: -25308,
} as const;

/** A dialog appears, and nobody answers it. */
export class DialogShown extends Error {}

/** One process: what it reads, prints and works on. */
export interface Session {
  /** The simulated Mac. */
  state: State;
  /** The user's home directory. */
  home: string;
  /** Prints on stdout. */
  out(text: string): void;
  /** Prints on stderr. */
  err(text: string): void;
  /** Reads an answer as `getpass` does; empty at the end of the input. */
  ask(prompt: string): string;
  /** Whether a prompt can be answered at all. */
  canAsk: boolean;
}

/** A command: its arguments without its name, and the status that it ends with. */
export type Command = (session: Session, args: string[]) => number;

/**
 * Parses a command's arguments, where no option may lack its value.
 *
 * @param args The arguments.
 * @param spec The letters of the options.
 * @returns What they mean, or `undefined` when the usage is to be printed.
 */
export function parse(args: string[], spec: string): Parsed | undefined {
  const parsed = getopt(args, spec);
  return parsed.illegal || parsed.incomplete !== undefined ? undefined : parsed;
}

/**
 * Completes a keychain's path.
 *
 * @param session The session.
 * @param name The path, or a name in the user's directory of keychains.
 */
export function keychainPath(session: Session, name: string): string {
  const path = name.startsWith("/") ? name : `${session.home}/Library/Keychains/${name}`;
  const belongs = /\/Library\/Keychains\/[^/]*$/.test(path) && !path.endsWith("-db");
  return belongs && !(path in session.state.keychains) ? `${path}-db` : path;
}

/** A keychain with its path. */
export interface Place {
  /** The path. */
  path: string;
  /** The keychain. */
  keychain: Keychain;
}

/**
 * Opens keychains for a search: those named, or the search list. One whose name is too long for a
 * path counts as none.
 *
 * @param session The session.
 * @param names The operands.
 */
export function placesToSearch(session: Session, names: string[]): Place[] {
  const { keychains, searchList } = session.state;
  const usable = names.filter((name) => name.length <= 1024);
  const paths = usable.length > 0 ? usable.map((name) => keychainPath(session, name)) : searchList;
  return paths.flatMap((path) => {
    const keychain = keychains[path];
    return keychain ? [{ path, keychain }] : [];
  });
}

/**
 * Finds the first password of a class that has all of these attributes.
 *
 * @param places Where to look, in this order.
 * @param name The class.
 * @param wanted The attributes.
 */
export function findItem(
  places: Place[],
  name: "genp" | "inet",
  wanted: Partial<Item>,
): Place & { item: Item } | undefined {
  for (const place of places) {
    const item = place.keychain.items.find((candidate) =>
      (candidate.class ?? "genp") === name &&
      Object.entries(wanted).every(([key, value]) => candidate[key as keyof Item] === value)
    );
    if (item) return { ...place, item };
  }
  return undefined;
}

/**
 * Gets past the lock of a keychain: with a dialog that nobody answers, or not at all.
 *
 * @param session The session.
 * @param keychain The keychain.
 * @returns The status; 0 when it is not locked.
 */
export function enter(session: Session, keychain: Keychain): number {
  if (!keychain.locked) return Status.ok;
  if (session.state.gui) throw new DialogShown();
  return Status.interactionNotAllowed;
}

const ENGLISH = new Map<number, string>([
  [Status.duplicateItem, "The specified item already exists in the keychain."],
  [Status.itemNotFound, "The specified item could not be found in the keychain."],
  [Status.interactionNotAllowed, "User interaction is not allowed."],
  [Status.noDefaultKeychain, "A default keychain could not be found."],
  [Status.noSuchKeychain, "The specified keychain could not be found."],
  [Status.duplicateKeychain, "A keychain with the same name already exists."],
  [Status.wrongPassword, "The user name or passphrase you entered is not correct."],
]);

/**
 * Prints a message and gives back the status.
 *
 * @param session The session.
 * @param where The function that failed.
 * @param status The status.
 */
export function complain(session: Session, where: string, status: number): number {
  const english = ENGLISH.get(status) ?? `OSStatus ${status}`;
  session.err(`security: ${where}: ${session.state.translated ? "Das ging nicht." : english}\n`);
  return status;
}

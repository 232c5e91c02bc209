/**
 * The two classes of passwords: which attributes each has, and which of them name an item.
 *
 * @module
 */

import type { Item } from "./state.ts";

/** A class of passwords. */
export interface PasswordClass {
  /** Its name in the output. */
  name: "genp" | "inet";
  /** The attributes that options give. */
  letters: Record<string, keyof Item>;
  /** The options of `add-…-password`. */
  addOptions: string;
  /** The options of `find-…-password` but for `-w` and `-g`. */
  findOptions: string;
  /** The attribute that is required beside the account, and the label by default. */
  main: "service" | "server";
  /** The attributes that together no second item may have. */
  key: readonly (keyof Item)[];
  /** What a new item has when it is not given. */
  defaults: Partial<Item>;
}

const COMMON = {
  a: "account",
  l: "label",
  D: "kind",
  j: "comment",
  c: "creator",
  C: "type",
} as const;

/** Generic passwords. */
export const GENERIC: PasswordClass = {
  name: "genp",
  letters: { ...COMMON, s: "service", G: "generic" },
  addOptions: ":a:c:C:D:G:j:l:s:p:w:X:UAT:h",
  findOptions: "a:c:C:D:G:j:l:s:h",
  main: "service",
  key: ["account", "service"],
  defaults: {},
};

/** Internet passwords. */
export const INTERNET: PasswordClass = {
  name: "inet",
  letters: {
    ...COMMON,
    s: "server",
    d: "domain",
    p: "path",
    P: "port",
    r: "protocol",
    t: "authentication",
  },
  addOptions: ":a:c:C:d:D:j:l:p:P:r:s:t:w:X:UAT:h",
  findOptions: "a:c:C:d:D:j:l:p:P:r:s:t:h",
  main: "server",
  key: ["account", "server", "domain", "path", "port", "protocol", "authentication"],
  defaults: { port: "0", authentication: "dflt" },
};

/**
 * Reads the attributes that options give; `undefined` when one of four characters has not four.
 *
 * @param kind The class.
 * @param options The options.
 */
export function attributesOf(
  { letters }: PasswordClass,
  options: readonly [letter: string, value: string][],
): Partial<Item> | undefined {
  const attributes: Partial<Item> = {};
  for (const [letter, value] of options) {
    const name = letters[letter];
    if (!name) continue;
    if ("cCrt".includes(letter) && value.length !== 4) return undefined;
    Object.assign(attributes, { [name]: name === "port" ? atoi(value) : value });
  }
  return attributes;
}

// As C does: the digits at the start, and 0 where there are none.
function atoi(text: string): string {
  return `${parseInt(text) || 0}`;
}

/**
 * What a search takes of the attributes that are given: the key alone where it is complete. A port of
 * 0 is none, and what is not given matches everything.
 *
 * @param kind The class.
 * @param given The attributes.
 */
export function criteriaOf({ key }: PasswordClass, given: Partial<Item>): Partial<Item> {
  const wanted = Object.entries(given).filter(([name, value]) => name !== "port" || value !== "0");
  const isKey = key.every((name) => wanted.some(([given]) => given === name));
  return Object.fromEntries(
    isKey ? wanted.filter(([name]) => key.some((part) => part === name)) : wanted,
  );
}

// Secret Service items that name an entry by two attributes.

import type { Entry } from "../backend.ts";
import type { Attributes, ItemForm } from "./layout.ts";

export const SCHEMA = "xdg:schema";
export const GENERIC_SCHEMA = "org.freedesktop.Secret.Generic";
// KeePassXC adds these to every item.
const ADDED = new Set(["Uuid", "Path", "Title", "UserName", "URL", "Notes", "TOTP"]);

interface TwoAttributes {
  /** The attribute of the username; `username` if omitted. */
  username?: string;
  /** What a new item has besides the names. */
  created?: Record<string, string>;
  /** What every item has that the program lists. */
  listed?: Record<string, string>;
  /** What an item may have besides the names, and its only allowed value if there is one. */
  allowed?: Record<string, string | undefined>;
  /** Its only schema; the generic one, or none, if omitted. */
  schema?: string;
  required?: ItemForm["required"];
  isListed?: ItemForm["isListed"];
  label(entry: Entry): string;
}

export function itemForm(form: TwoAttributes): ItemForm {
  const { username: account = "username", created = {}, listed = {}, allowed = {} } = form;
  const { required, isListed } = form;
  const searchOf = ({ service, username }: Entry) =>
    new Map([["service", service], [account, username]]);
  return {
    ...(required && { required }),
    ...(isListed && { isListed }),
    searchOf,
    namesOf(attributes) {
      const [service, username] = [attributes.get("service"), attributes.get(account)];
      if (!service || username === undefined) return undefined;
      const isOwn = hasSchema(attributes, form.schema) &&
        hasOnly(attributes, { ...allowed, service, [account]: username });
      return isOwn ? { service, username } : undefined;
    },
    listOf(service) {
      return new Map(service === undefined ? Object.entries(listed) : [["service", service]]);
    },
    createdOf: (entry) => new Map([...Object.entries(created), ...searchOf(entry)]),
    labelOf: form.label,
  };
}

/**
 * Returns whether an item has this schema. GNOME's daemon gives items the generic one when it rereads
 * its file, so none and the generic one are the same.
 */
export function hasSchema(attributes: Attributes, schema?: string): boolean {
  const found = attributes.get(SCHEMA);
  const isGeneric = schema === undefined || schema === GENERIC_SCHEMA;
  return isGeneric ? found === undefined || found === GENERIC_SCHEMA : found === schema;
}

/** Returns whether an item has no other attributes, and these only with the given value. */
export function hasOnly(
  attributes: Attributes,
  allowed: Readonly<Record<string, string | undefined>>,
): boolean {
  return [...attributes].every(([name, value]) =>
    name === SCHEMA || ADDED.has(name) ||
    Object.hasOwn(allowed, name) && (allowed[name] ?? value) === value
  );
}

/**
 * How `security` prints values and items.
 *
 * @module
 */

import { hex } from "./bytes.ts";
import type { Item } from "./state.ts";

/**
 * Prints a value as `-g` and `dump-keychain` do: plain text in quotes with nothing escaped, anything
 * else as hex digits with a readable form behind them.
 *
 * @param value The value's bytes.
 */
export function printBuffer(value: string): string {
  if (value === "") return "";
  if (/^[\x20-\x5b\x5d-\x7e]*$/.test(value)) return `"${value}"`;
  const digits = `0x${hex(value).toUpperCase()} `;
  if (!/[\x20-\x5b\x5d-\x7e]/.test(value)) return digits;
  return `${digits} "${value.replace(/[^\x20-\x5b\x5d-\x7e]/g, octal)}"`;
}

function octal(character: string): string {
  return `\\${character.charCodeAt(0).toString(8).padStart(3, "0")}`;
}

/**
 * Prints a secret as `-w` does, which does not tell hex digits from a text that looks like them.
 *
 * @param secret The secret's bytes.
 */
export function printPlainly(secret: string): string {
  return `${/^[\x20-\x7e]*$/.test(secret) ? secret : hex(secret)}\n`;
}

/**
 * Prints an item's attributes.
 *
 * @param path The path of its keychain.
 * @param item The item.
 */
export function printItem(path: string, item: Item): string {
  const created = `${item.created}\0`;
  const modified = `${item.modified}\0`;
  const attributes = [
    `0x00000007 <blob>=${blob(item.label)}`,
    "0x00000008 <blob>=<NULL>",
    `"acct"<blob>=${blob(item.account)}`,
    ...(item.class === "inet" ? [`"atyp"<blob>=${blob(item.authentication)}`] : []),
    `"cdat"<timedate>=${printBuffer(created)}`,
    `"crtr"<uint32>=${blob(item.creator)}`,
    '"cusi"<sint32>=<NULL>',
    `"desc"<blob>=${blob(item.kind)}`,
    ...(item.class === "inet" ? [] : [`"gena"<blob>=${blob(item.generic)}`]),
    `"icmt"<blob>=${blob(item.comment)}`,
    '"invi"<sint32>=<NULL>',
    `"mdat"<timedate>=${printBuffer(modified)}`,
    '"nega"<sint32>=<NULL>',
    ...(item.class === "inet" ? placeLines(item) : []),
    '"prot"<blob>=<NULL>',
    ...(item.class === "inet" ? [`"ptcl"<uint32>=${blob(item.protocol)}`] : []),
    '"scrp"<sint32>=<NULL>',
    ...(item.class === "inet"
      ? [`"sdmn"<blob>=${blob(item.domain)}`, `"srvr"<blob>=${blob(item.server)}`]
      : [`"svce"<blob>=${blob(item.service)}`]),
    `"type"<uint32>=${blob(item.type)}`,
  ];
  const head = `keychain: "${path}"\nversion: 512\nclass: "${item.class ?? "genp"}"\nattributes:\n`;
  return head + attributes.map((line) => `    ${line}\n`).join("");
}

function placeLines({ path, port }: Item): string[] {
  const number = Number(port ?? 0);
  const bytes = [24, 16, 8, 0].map((shift) => String.fromCharCode(number >> shift & 255)).join("");
  return [`"path"<blob>=${blob(path)}`, `"port"<uint32>=${printBuffer(bytes)}`];
}

function blob(value: string | undefined): string {
  return value === undefined ? "<NULL>" : printBuffer(value);
}

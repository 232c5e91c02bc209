import type { Entry } from "../backend.ts";
import { RESERVED } from "./marks.ts";

const PART =
  /^os-keyring\.chunk\/([0-9a-f]{16}\/([0-9a-z]{1,11})-[0-9a-f]{32})\/([1-9][0-9]{0,5})$/;
const ID = /^[0-9a-f]{16}\/[0-9a-z]{1,11}-[0-9a-f]{32}$/;
const LONGEST_NAME = 32;

/** One stored version of a large secret; each write of its entry makes another. */
export interface Version {
  id: string;
  count: number;
  label: string;
}

export interface PartPlace {
  id: string;
  /** When writing the version began, in milliseconds. */
  time: number;
}

export function isId(text: string): boolean {
  return ID.test(text);
}

/** Names a new version. Its random number makes sure that no two writers ever share a part. */
export async function newVersion(entry: Entry, count: number): Promise<Version> {
  const random = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const id = `${await hashOf(entry)}/${Date.now().toString(36)}-${random}`;
  return { id, count, label: `${shorten(entry.username)} for ${shorten(entry.service)}` };
}

/**
 * Computes the prefix of the ids of all versions of an entry. Names that differ only in case share
 * it: in some stores they are the same entry.
 */
export async function hashOf({ service, username }: Entry): Promise<string> {
  const names = JSON.stringify([service.toUpperCase(), username.toUpperCase()]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(names));
  return new Uint8Array(digest, 0, 8).toHex();
}

// For people. Some stores damage quotes, backslashes and line breaks.
function shorten(name: string): string {
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
  return short.toWellFormed().replace(/["'\\\p{C}\p{Zl}\p{Zp}\ufffd]/gu, "_");
}

export function namesOfPart({ id, count, label }: Version, number: number): Entry {
  return {
    service: `${RESERVED}${id}/${number}`,
    username: `part ${number} of ${count} of ${label}`,
    isPart: true,
  };
}

export function namesOfSibling({ service, username }: Entry, number: number): Entry {
  return {
    service: service.replace(/[^/]*$/, `${number}`),
    username: username.replace(/^part \d+/, `part ${number}`),
    isPart: true,
  };
}

export function placeOfPart(service: string): PartPlace | undefined {
  const [, id, time] = PART.exec(service) ?? [];
  return id === undefined || time === undefined ? undefined : { id, time: parseInt(time, 36) };
}

export function timeOf({ id }: Version): number {
  return parseInt(id.slice(id.indexOf("/") + 1), 36);
}

/**
 * How the parts of a large secret are named: under a reserved prefix that `list` leaves out, with
 * all that is needed to find and judge them without opening them.
 *
 * @module
 */

/** What the service of every part begins with. No entry of a user's may. */
const RESERVED = "os-keyring.chunk/";

const PART =
  /^os-keyring\.chunk\/([0-9a-f]{16}\/([0-9a-z]{1,11})-[0-9a-f]{32})\/([1-9][0-9]{0,5})$/;
const ID = /^[0-9a-f]{16}\/[0-9a-z]{1,11}-[0-9a-f]{32}$/;
const LONGEST_NAME = 32;

/** The parts of one secret, as they were written by one call. */
export interface Generation {
  /** The hash of the entry's names, the time of the call and a random number. */
  id: string;
  /** How many parts there are. */
  count: number;
  /** The entry's names, shortened, for people who meet a part in their system's own tool. */
  label: string;
}

/** The names of one part. */
export interface PartNames {
  /** Its service, which tells programs what it is. */
  service: string;
  /** Its username, which tells people what it is. */
  username: string;
}

/** What the service of a part tells. */
export interface PartPlace {
  /** The generation's id. */
  id: string;
  /** When that was begun, in milliseconds. */
  time: number;
  /** The part's number, from 1. */
  number: number;
}

/**
 * Tells whether a service is one that parts may have. Not all stores tell case apart.
 *
 * @param service The service.
 * @returns Whether it is reserved.
 */
export function isReserved(service: string): boolean {
  return service.slice(0, RESERVED.length).toLowerCase() === RESERVED;
}

/**
 * Tells whether text is the id of a generation.
 *
 * @param text The text.
 * @returns Whether it is.
 */
export function isId(text: string): boolean {
  return ID.test(text);
}

/**
 * Names a new generation. Its random number makes sure that no two writers ever share a part.
 *
 * @param service The entry's service.
 * @param username The entry's username.
 * @param count How many parts it has.
 * @returns The generation.
 */
export async function newGeneration(
  service: string,
  username: string,
  count: number,
): Promise<Generation> {
  const random = crypto.getRandomValues(new Uint8Array(16)).toHex();
  const id = `${await hashOf(service, username)}/${Date.now().toString(36)}-${random}`;
  return { id, count, label: `${shorten(username)} for ${shorten(service)}` };
}

/**
 * Computes what the ids of all generations of an entry begin with. Names that differ in case share
 * it: to some stores they are the same entry.
 *
 * @param service The entry's service.
 * @param username The entry's username.
 * @returns 16 hexadecimal digits.
 */
export async function hashOf(service: string, username: string): Promise<string> {
  const names = JSON.stringify([service.toUpperCase(), username.toUpperCase()]);
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(names));
  return new Uint8Array(digest, 0, 8).toHex();
}

function shorten(name: string): string {
  const short = name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
  return JSON.stringify(short.toWellFormed());
}

/**
 * Names one part.
 *
 * @param generation What it is a part of.
 * @param number Its number, from 1.
 * @returns Its service and username.
 */
export function namesOfPart({ id, count, label }: Generation, number: number): PartNames {
  return {
    service: `${RESERVED}${id}/${number}`,
    username: `part ${number} of ${count} of ${label}`,
  };
}

/**
 * Names another part of the same generation.
 *
 * @param part The names of one.
 * @param number The number of the other, from 1.
 * @returns Its service and username.
 */
export function namesOfSibling({ service, username }: PartNames, number: number): PartNames {
  return {
    service: service.replace(/[^/]*$/, `${number}`),
    username: username.replace(/^part \d+/, `part ${number}`),
  };
}

/**
 * Reads the service of a part.
 *
 * @param service Any service.
 * @returns What it tells, or `undefined` when it is not that of a part.
 */
export function placeOfPart(service: string): PartPlace | undefined {
  const [, id, time, number] = PART.exec(service) ?? [];
  if (id === undefined || time === undefined) return undefined;
  return { id, time: parseInt(time, 36), number: Number(number) };
}

/**
 * Tells when a generation was begun.
 *
 * @param generation The generation.
 * @returns The time in milliseconds.
 */
export function timeOf({ id }: Generation): number {
  return parseInt(id.slice(id.indexOf("/") + 1), 36);
}

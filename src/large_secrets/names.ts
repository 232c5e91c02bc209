/** What the service of every part begins with. No entry of a user's may. */
const RESERVED = "os-keyring.chunk/";

const PART =
  /^os-keyring\.chunk\/([0-9a-f]{16}\/([0-9a-z]{1,11})-[0-9a-f]{32})\/([1-9][0-9]{0,5})$/;
const ID = /^[0-9a-f]{16}\/[0-9a-z]{1,11}-[0-9a-f]{32}$/;
const LONGEST_NAME = 32;

export interface Generation {
  id: string;
  count: number;
  label: string;
}

export interface PartNames {
  service: string;
  username: string;
}

export interface PartPlace {
  id: string;
  /** When that was begun, in milliseconds. */
  time: number;
  /** The part's number, from 1. */
  number: number;
}

/** Tells whether a service is one that parts may have. Not all stores tell case apart. */
export function isReserved(service: string): boolean {
  return service.slice(0, RESERVED.length).toLowerCase() === RESERVED;
}

export function isId(text: string): boolean {
  return ID.test(text);
}

/** Names a new generation. Its random number makes sure that no two writers ever share a part. */
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

export function namesOfPart({ id, count, label }: Generation, number: number): PartNames {
  return {
    service: `${RESERVED}${id}/${number}`,
    username: `part ${number} of ${count} of ${label}`,
  };
}

export function namesOfSibling({ service, username }: PartNames, number: number): PartNames {
  return {
    service: service.replace(/[^/]*$/, `${number}`),
    username: username.replace(/^part \d+/, `part ${number}`),
  };
}

export function placeOfPart(service: string): PartPlace | undefined {
  const [, id, time, number] = PART.exec(service) ?? [];
  if (id === undefined || time === undefined) return undefined;
  return { id, time: parseInt(time, 36), number: Number(number) };
}

export function timeOf({ id }: Generation): number {
  return parseInt(id.slice(id.indexOf("/") + 1), 36);
}

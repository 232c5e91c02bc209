import { type KeyringErrorDetails, type Operation, operationError } from "./errors.ts";

export type EntryDetails = KeyringErrorDetails & { service: string; username: string };

export interface NameLimits {
  unit: "bytes" | "characters";
  /** The longest service; `bytes` are of UTF-8, `characters` are UTF-16 code units. */
  service: number;
  username: number;
  forbidden?: Record<string, string>;
}

/**
 * Refuses names that no store, or not this store, can hold. A call without a username leaves it out
 * of the details.
 */
export function checkNames(details: KeyringErrorDetails, limits: NameLimits): void {
  if (details.service !== undefined) {
    requireString("service", details.service);
    if (details.service === "") {
      throw operationError("the service is empty", { ...details, advice: "Name a service." });
    }
    checkName("service", details.service, details, limits);
  }
  if (details.username !== undefined) {
    requireString("username", details.username);
    checkName("username", details.username, details, limits);
  }
}

function requireString(what: string, value: unknown): void {
  if (typeof value !== "string") {
    throw new TypeError(
      `The ${what} must be a string, not ${value === null ? "null" : typeof value}`,
    );
  }
}

function checkName(
  what: "service" | "username",
  name: string,
  details: KeyringErrorDetails,
  limits: NameLimits,
): void {
  for (const [character, called] of Object.entries({ "\0": "NUL", ...limits.forbidden })) {
    if (name.includes(character)) {
      throw operationError(`the ${what} contains a ${called} character`, details);
    }
  }
  if (!name.isWellFormed()) {
    throw operationError(`the ${what} contains half of a surrogate pair`, details);
  }
  const length = limits.unit === "bytes" ? new TextEncoder().encode(name).length : name.length;
  if (length > limits[what]) {
    throw operationError(
      `the ${what} has ${length} ${limits.unit} and this store holds at most ${limits[what]}`,
      details,
    );
  }
}

/** Encodes a password as UTF-8. */
export function encodePassword(password: string, details: KeyringErrorDetails): Uint8Array {
  checkPassword(password, details);
  return new TextEncoder().encode(password);
}

/** Refuses a password that has no byte form that would come back as itself. */
export function checkPassword(password: string, details: KeyringErrorDetails): void {
  requireString("password", password);
  if (!password.isWellFormed()) {
    throw operationError("the password contains half of a surrogate pair", details);
  }
}

/** Decodes the bytes of an entry as UTF-8, exactly: a byte order mark is part of the password. */
export function decodePassword(bytes: Uint8Array, details: KeyringErrorDetails): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw operationError("the entry holds bytes that are not text", {
      ...details,
      advice: "Read it with getSecret.",
    });
  }
}

/**
 * Copies the bytes of a secret that a caller gave, so that a later change of theirs cannot reach
 * the store.
 */
export function copySecret(secret: Uint8Array): Uint8Array {
  if (!(secret instanceof Uint8Array)) throw new TypeError("The secret must be a Uint8Array");
  return new Uint8Array(secret);
}

/** Makes the error for a delete of an entry that is not there. */
export function noSuchEntry(service: string, username: string): Error {
  const details = { operation: "delete" as Operation, service, username };
  return operationError("there is no such entry", details);
}

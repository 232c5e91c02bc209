import type { Entry, NameLimits, Secret, TextForm } from "./backend.ts";
import { type KeyringErrorDetails, operationError } from "./errors.ts";

/**
 * Refuses names that no store, or this store, cannot hold. Only a list needs no service, and only a
 * call whose details have no username needs none.
 */
export function checkNames(details: KeyringErrorDetails, limits: NameLimits): void {
  const { operation, service, username } = details;
  if (service !== undefined || operation !== "list") {
    requireString("service", service);
    if (service === "") {
      throw operationError("the service is empty", { ...details, advice: "Name a service." });
    }
    checkName("service", service, details, limits);
  }
  if ("username" in details) {
    requireString("username", username);
    checkName("username", username, details, limits);
  }
}

/** Returns whether a store can hold an entry with these names. */
export function canHold(limits: NameLimits, { service, username }: Entry): boolean {
  try {
    checkNames({ operation: "list", service, username }, limits);
    return true;
  } catch {
    return false;
  }
}

function requireString(what: string, value: unknown): asserts value is string {
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
  for (const [character, called] of Object.entries(limits.forbiddenStart ?? {})) {
    if (name.startsWith(character)) {
      throw operationError(`the ${what} starts with a ${called}`, details);
    }
  }
  if (!name.isWellFormed()) {
    throw operationError(`the ${what} contains half of a surrogate pair`, details);
  }
  const length = limits.unit === "bytes" ? ENCODER.encode(name).length : name.length;
  if (length > limits[what]) {
    throw operationError(
      `the ${what} has ${length} ${limits.unit} and this store holds at most ${limits[what]}`,
      details,
    );
  }
}

/** Refuses a password that cannot be encoded and decoded without loss. */
export function checkPassword(password: string, details: KeyringErrorDetails): void {
  requireString("password", password);
  if (!password.isWellFormed()) {
    throw operationError("the password contains half of a surrogate pair", details);
  }
}

/** Returns the name of an encoding; refuses anything else. */
export function checkEncoding(encoding: Secret["encoding"]): Secret["encoding"] {
  if (encoding === undefined || encoding === "utf-8" || encoding === "utf-16le") return encoding;
  throw new TypeError(`Unknown encoding "${encoding}": it is utf-8 or utf-16le`);
}

// Exact: a byte order mark is part of the password.
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** The default text form of stores. */
export const UTF8: TextForm = {
  encode: (text) => ENCODER.encode(text),
  decode: ({ bytes }) => {
    try {
      return DECODER.decode(bytes);
    } catch {
      return undefined;
    }
  },
};

/** The text of bytes that are UTF-8, which are then overwritten; otherwise the bytes. */
export function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  const text = UTF8.decode({ bytes });
  if (text !== undefined) bytes.fill(0);
  return text ?? bytes;
}

/**
 * Copies the bytes of a secret that a caller passed, so that changing them later does not affect the
 * store.
 */
export function copySecret(secret: Uint8Array): Uint8Array {
  if (!(secret instanceof Uint8Array)) throw new TypeError("The secret must be a Uint8Array");
  return new Uint8Array(secret);
}

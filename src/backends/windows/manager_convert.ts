// Between the credentials of the Credential Manager's API and those of its calls.

import { checkPassword, copySecret } from "../../checks.ts";
import { type KeyringErrorDetails, operationError, SecretTooLargeError } from "../../errors.ts";
import { targetMatcher } from "../../lib/glob.ts";
import type { EnumerateOptions as EnumerateFilter } from "./calls.ts";
import {
  type CredentialInfo,
  type CredentialToWrite,
  type CredentialType,
  type CredentialWithSecret,
  type EnumerateOptions,
  type SecretEncoding,
  TYPES,
} from "./manager_types.ts";
import { type CredentialFields, encodeUtf16, type StoredCredential } from "./structs.ts";
import {
  CRED_TYPE,
  MAX_ATTRIBUTES,
  MAX_BLOB_BYTES,
  MAX_DOMAIN_TARGET_LENGTH,
  MAX_STRING_LENGTH,
  MAX_TARGET_LENGTH,
  MAX_USERNAME_LENGTH,
  MAX_VALUE_BYTES,
  PERSIST,
} from "./symbols.ts";
import { sameTarget } from "../../layouts/python.ts";
import { decodeBlob, ENCODING, kindOf, persistenceOf, stripNamespace } from "./target.ts";

const ENCODINGS: readonly SecretEncoding[] = ["auto", "utf-16le", "utf-8", "bytes"];

export function typeNumber(type: CredentialType): number {
  const number: number | undefined = Object.hasOwn(CRED_TYPE, type) ? CRED_TYPE[type] : undefined;
  if (number === undefined) {
    throw new TypeError(`Unknown type "${type}": it is one of ${TYPES.join(", ")}`);
  }
  return number;
}

const DOMAIN = "Domain:target=";

/** Takes the namespace off a target that was copied from `cmdkey /list`. */
export function plainTarget(target: string, type: number): string {
  if (type === CRED_TYPE.generic) return stripNamespace(target);
  const spelled = target.length > DOMAIN.length &&
    sameTarget(target.slice(0, DOMAIN.length), DOMAIN);
  return spelled ? target.slice(DOMAIN.length) : target;
}

export function infoOf(stored: StoredCredential): CredentialInfo {
  const { target, userName, comment, targetAlias, attributes, lastWritten } = stored;
  return {
    target: plainTarget(target, stored.type),
    type: TYPES.find((name) => CRED_TYPE[name] === stored.type) ?? stored.type,
    userName,
    persist: persistenceOf(stored.persist) ?? stored.persist,
    comment,
    targetAlias,
    attributes,
    lastWritten,
  };
}

export function withSecret(
  stored: StoredCredential,
  encoding: SecretEncoding,
): CredentialWithSecret {
  const { blob: secret, comment } = stored;
  const kind = kindOf(comment);
  const known = encoding === "auto" ? kind && ENCODING[kind] : encoding;
  const text = known === "bytes" ? null : decodeBlob(secret, known) ?? null;
  return { ...infoOf(stored), secret, text, [Symbol.dispose]: () => void secret.fill(0) };
}

export function requireEncoding(encoding: SecretEncoding): SecretEncoding {
  if (ENCODINGS.includes(encoding)) return encoding;
  throw new TypeError(`Unknown encoding "${encoding}": it is one of ${ENCODINGS.join(", ")}`);
}

export interface Selection {
  /** What to ask Windows for. */
  filter: EnumerateFilter;
  /** Which of its answers are meant. */
  meant(stored: StoredCredential): boolean;
}

// Windows documents one form of a filter only, a beginning with one `*`; the rest is decided here,
// so that a filter means the same everywhere.
export function select({ filter = "*", type, all = false }: EnumerateOptions): Selection {
  const pattern = stripNamespace(filter);
  const matches = targetMatcher(pattern);
  const wanted = type === undefined ? undefined : typeNumber(type);
  const prefix = pattern.split("*", 1)[0] ?? "";
  return {
    filter: { prefix: all ? "" : prefix, all },
    meant: (stored) =>
      (wanted === undefined || stored.type === wanted) &&
      matches(plainTarget(stored.target, stored.type)),
  };
}

export function compareTargets(a: CredentialInfo, b: CredentialInfo): number {
  if (a.target !== b.target) return a.target < b.target ? -1 : 1;
  return `${a.type}` < `${b.type}` ? -1 : 1;
}

export function fieldsOf(credential: CredentialToWrite, blob: Uint8Array): CredentialFields {
  const { target, type = "generic", userName, comment = "", persist = "local" } = credential;
  const { attributes = [], targetAlias } = credential;
  return {
    target,
    type: typeNumber(type),
    userName: userName || null,
    comment,
    persist: PERSIST[persist],
    blob,
    attributes: attributes.map(({ keyword, flags = 0, value }) => ({ keyword, flags, value })),
    targetAlias,
  };
}

export function blobOf(credential: CredentialToWrite, details: KeyringErrorDetails): Uint8Array {
  const { secret, encoding = "utf-16le" } = credential;
  if (typeof secret !== "string") return copySecret(secret);
  checkPassword(secret, details);
  if (encoding === "utf-16le") return encodeUtf16(secret);
  if (encoding === "utf-8") return new TextEncoder().encode(secret);
  throw new TypeError(`Unknown encoding "${encoding}"`);
}

export function checkTarget(target: string, type: string, details: KeyringErrorDetails): void {
  const limit = type === "generic" ? MAX_TARGET_LENGTH : MAX_DOMAIN_TARGET_LENGTH;
  checkString("target", target, limit, details);
  if (target === "") throw operationError("the target is empty", details);
}

/** Refuses a credential that Windows cannot hold. */
export function checkCredential(credential: CredentialToWrite, details: KeyringErrorDetails): void {
  const { target, type = "generic", userName = "", comment = "", targetAlias = "" } = credential;
  const { persist = "local", attributes = [] } = credential;
  if (type !== "generic" && type !== "domain-password") {
    throw new TypeError(`A credential of type "${type}" cannot be written`);
  }
  if (!Object.hasOwn(PERSIST, persist)) throw new TypeError(`Unknown persistence "${persist}"`);
  checkTarget(target, type, details);
  checkString("user name", userName, MAX_USERNAME_LENGTH, details);
  checkString("comment", comment, MAX_STRING_LENGTH, details);
  checkString("target alias", targetAlias, MAX_STRING_LENGTH, details);
  if (attributes.length > MAX_ATTRIBUTES) {
    throw tooLong("credential", attributes.length, "attributes", MAX_ATTRIBUTES, details);
  }
  for (const { keyword, value } of attributes) {
    checkString("keyword of an attribute", keyword, MAX_STRING_LENGTH, details);
    if (value.length > MAX_VALUE_BYTES) {
      throw tooLong("value of an attribute", value.length, "bytes", MAX_VALUE_BYTES, details);
    }
  }
}

export function checkBlob(blob: Uint8Array, details: KeyringErrorDetails): void {
  if (blob.length > MAX_BLOB_BYTES) {
    throw new SecretTooLargeError(blob.length, MAX_BLOB_BYTES, details);
  }
}

function checkString(
  what: string,
  text: string,
  limit: number,
  details: KeyringErrorDetails,
): void {
  if (typeof text !== "string") throw new TypeError(`The ${what} must be a string`);
  if (text.includes("\0")) throw operationError(`the ${what} contains a NUL character`, details);
  if (!text.isWellFormed()) {
    throw operationError(`the ${what} contains half of a surrogate pair`, details);
  }
  if (text.length > limit) throw tooLong(what, text.length, "characters", limit, details);
}

function tooLong(
  what: string,
  length: number,
  unit: string,
  limit: number,
  details: KeyringErrorDetails,
): Error {
  return operationError(
    `the ${what} has ${length} ${unit} and Windows holds at most ${limit}`,
    details,
  );
}

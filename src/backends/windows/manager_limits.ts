import { type KeyringErrorDetails, operationError, SecretTooLargeError } from "../../errors.ts";
import {
  MAX_ATTRIBUTES,
  MAX_BLOB_BYTES,
  MAX_DOMAIN_TARGET_LENGTH,
  MAX_STRING_LENGTH,
  MAX_TARGET_LENGTH,
  MAX_USERNAME_LENGTH,
  MAX_VALUE_BYTES,
  PERSIST,
} from "./constants.ts";
import type { CredentialToWrite } from "./manager_types.ts";

/** Refuses a target that Windows cannot hold. */
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

/** Refuses a secret that Windows cannot hold. */
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

import { encodingOf, sameTarget, stripNamespace } from "./target.ts";
import { checkPassword, copySecret } from "../../entry.ts";
import type { KeyringErrorDetails } from "../../errors.ts";
import type { Persistence } from "../../keyring.ts";
import { CRED_TYPE, PERSIST } from "./constants.ts";
import type { CredentialFields } from "./structs.ts";
import type { StoredCredential, StoredSecret } from "./calls.ts";
import { decodeBlob, encodeBlob } from "./blob_text.ts";
import {
  type CredentialInfo,
  type CredentialToWrite,
  type CredentialType,
  type CredentialWithSecret,
  type SecretEncoding,
  TYPES,
} from "./manager_types.ts";

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

export function persistenceName(persist: number): Persistence | number {
  const names = Object.keys(PERSIST) as Persistence[];
  return names.find((name) => PERSIST[name] === persist) ?? persist;
}

/** Describes a credential without its secret. */
export function infoOf(stored: StoredCredential): CredentialInfo {
  const { target, userName, comment, targetAlias, attributes, lastWritten } = stored;
  return {
    target: plainTarget(target, stored.type),
    type: TYPES.find((name) => CRED_TYPE[name] === stored.type) ?? stored.type,
    userName,
    persist: persistenceName(stored.persist),
    comment,
    targetAlias,
    attributes,
    lastWritten,
  };
}

export function withSecret(stored: StoredSecret, encoding: SecretEncoding): CredentialWithSecret {
  const { blob: secret, comment } = stored;
  const known = encoding === "auto" ? encodingOf(comment) : encoding;
  const text = known === "bytes" ? null : decodeBlob(secret, known) ?? null;
  return { ...infoOf(stored), secret, text, [Symbol.dispose]: () => void secret.fill(0) };
}

/** Refuses an encoding that there is not. */
export function requireEncoding(encoding: SecretEncoding): SecretEncoding {
  if (ENCODINGS.includes(encoding)) return encoding;
  throw new TypeError(`Unknown encoding "${encoding}": it is one of ${ENCODINGS.join(", ")}`);
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
    ...(targetAlias === undefined ? {} : { targetAlias }),
  };
}

export function blobOf(credential: CredentialToWrite, details: KeyringErrorDetails): Uint8Array {
  const { secret, encoding = "utf-16le" } = credential;
  if (typeof secret !== "string") return copySecret(secret);
  checkPassword(secret, details);
  if (encoding === "utf-16le") return encodeBlob(secret);
  if (encoding === "utf-8") return new TextEncoder().encode(secret);
  throw new TypeError(`Unknown encoding "${encoding}"`);
}

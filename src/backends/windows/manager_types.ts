import type { Persistence } from "../../keyring.ts";

/** A type of credential that can be written. */
export type WritableType = "generic" | "domain-password";

/** A type of credential that is supported by Windows. */
export type CredentialType =
  | WritableType
  | "domain-certificate"
  | "generic-certificate"
  | "domain-extended";

export const TYPES: readonly CredentialType[] = [
  "generic",
  "domain-password",
  "domain-certificate",
  "generic-certificate",
  "domain-extended",
];

/**
 * How a secret encodes text; `"auto"` detects it, as far as that is possible, and `"bytes"` is for
 * secrets that are not text.
 */
export type SecretEncoding = "auto" | "utf-16le" | "utf-8" | "bytes";

/** A small value that a program stores with a secret. It is not secret itself. */
export interface CredentialAttribute {
  /** Its name; at most 255 characters. */
  keyword: string;
  /**
   * Its flags. Windows requires 0.
   *
   * @default {0}
   */
  flags?: number;
  /** Its value; at most 256 bytes. */
  value: Uint8Array;
}

/** A credential without its secret. */
export interface CredentialInfo {
  /** The target name; with the type its key, and case-insensitive. */
  target: string;
  /** Its type; a number where it has none of the names. */
  type: CredentialType | number;
  /** The user name; empty when there is none. */
  userName: string;
  /** How it is kept; a number where that has none of the names. */
  persist: Persistence | number;
  /** The comment; empty when there is none. */
  comment: string;
  /** A second name of the target; empty when there is none. */
  targetAlias: string;
  /** The values that its writer stored with the secret. */
  attributes: CredentialAttribute[];
  /** When it was written. */
  lastWritten: Date | undefined;
}

/** A credential with its secret. */
export interface CredentialWithSecret extends CredentialInfo, Disposable {
  /** The secret. Windows gives an empty one for all but generic credentials. */
  secret: Uint8Array;
  /** The secret as text; `null` if it is not text or `"bytes"` was requested. */
  text: string | null;
  /** Overwrites the bytes of the secret. Its text, like every string, stays until garbage collection. */
  [Symbol.dispose](): void;
}

/** How {@linkcode CredentialManager.read} reads a secret. */
export interface ReadOptions {
  /**
   * How the secret encodes text.
   *
   * @default {"auto"}
   */
  encoding?: SecretEncoding;
}

/** A credential as {@linkcode CredentialManager.write} takes it. */
export interface CredentialToWrite {
  /** The target name: at most 32766 characters, 336 for a domain password. */
  target: string;
  /**
   * Its type.
   *
   * @default {"generic"}
   */
  type?: WritableType;
  /** The user name; at most 512 characters. For a domain password, `DOMAIN\user` or `user@domain`. */
  userName?: string;
  /** The secret: text, or bytes that are stored as they are; at most 2560 bytes. */
  secret: string | Uint8Array;
  /**
   * How to encode text.
   *
   * @default {"utf-16le"}
   */
  encoding?: "utf-16le" | "utf-8";
  /**
   * How long, and where, Windows keeps it.
   *
   * @default {"local"}
   */
  persist?: Persistence;
  /** A comment; at most 255 characters. */
  comment?: string;
  /** Values to store with the secret; at most 64. */
  attributes?: readonly CredentialAttribute[];
  /** A second name of the target; at most 255 characters. Windows ignores a generic one's. */
  targetAlias?: string;
}

/** What {@linkcode CredentialManager.enumerate} looks for. */
export interface EnumerateOptions {
  /** A target; each `*` in it matches any text. Case does not matter. */
  filter?: string;
  /** Only credentials of this type. */
  type?: CredentialType;
  /** Also those that other parts of Windows keep for themselves, each with its namespace. */
  all?: boolean;
}

/** {@linkcode EnumerateOptions} of a caller who wants the secrets, too. */
export interface EnumerateSecretsOptions extends EnumerateOptions, ReadOptions {
  /** Whether to return the secrets. */
  withSecrets: true;
}

/** The longest persistence that a logon can store, or `null` for none. */
export type SessionTypes = Record<CredentialType, Persistence | null>;

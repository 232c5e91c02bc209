/**
 * The error family. Each error says what could not be done, why, and what to do next; none ever
 * contains a secret.
 *
 * @module
 */

/** What a keyring was doing when it failed. */
export type Operation = "open" | "get" | "set" | "delete" | "list";

/** What a {@linkcode KeyringError} knows about the failure. */
export interface KeyringErrorDetails {
  /** What was being done. */
  operation: Operation;
  /** The service, if the call named one. */
  service?: string | undefined;
  /** The username, if the call named one. */
  username?: string | undefined;
  /** The store's own error code. */
  code?: number | undefined;
  /** The store's own name for that code, such as `ERROR_NO_SUCH_LOGON_SESSION`. */
  codeName?: string | undefined;
  /** What to do next: one or more full sentences. */
  advice?: string | undefined;
  /** The error beneath this one. */
  cause?: unknown;
}

/**
 * The base class of all errors of this library.
 *
 * @example Catch what a keyring can throw
 * ```ts
 * import { FailKeyring, KeyringError } from "@os-keyring/keyring";
 * import { assertInstanceOf } from "@std/assert";
 *
 * try {
 *   await new FailKeyring().getPassword("my_app", "alice");
 * } catch (error) {
 *   assertInstanceOf(error, KeyringError);
 *   console.error(error.message);
 * }
 * ```
 */
export class KeyringError extends Error {
  /** The class's name. */
  override name = "KeyringError";
  /** Why it failed, without what was being done. */
  readonly reason: string;
  /** What was being done. */
  readonly operation: Operation;
  /** The service, if the call named one. */
  readonly service: string | undefined;
  /** The username, if the call named one. */
  readonly username: string | undefined;
  /** The store's own error code, if there is one. */
  readonly code: number | undefined;
  /** The store's own name for that code, if there is one. */
  readonly codeName: string | undefined;
  /** What to do next, if anything can be done. */
  readonly advice: string | undefined;

  /**
   * Makes the error of a failed operation.
   *
   * @param reason Why it failed, as the end of the sentence `Cannot read …: <reason>`.
   * @param details What was being done, and what is known about the failure.
   */
  constructor(reason: string, details: KeyringErrorDetails) {
    const sentence = `${describeOperation(details)}: ${reason}`;
    const options = details.cause === undefined ? {} : { cause: details.cause };
    super(details.advice ? `${sentence}. ${details.advice}` : sentence, options);
    this.reason = reason;
    this.operation = details.operation;
    this.service = details.service;
    this.username = details.username;
    this.code = details.code;
    this.codeName = details.codeName;
    this.advice = details.advice;
  }
}

/** A password could not be stored. What was there before is still there. */
export class PasswordSetError extends KeyringError {
  /** The class's name. */
  override name = "PasswordSetError";
}

/** A password could not be deleted, usually because there is none. */
export class PasswordDeleteError extends KeyringError {
  /** The class's name. */
  override name = "PasswordDeleteError";
}

/** The store exists but could not be made ready, such as a Secret Service without a collection. */
export class InitError extends KeyringError {
  /** The class's name. */
  override name = "InitError";
}

/** The store is locked, and could not be unlocked or the user dismissed the prompt. */
export class KeyringLockedError extends KeyringError {
  /** The class's name. */
  override name = "KeyringLockedError";
}

/**
 * Advice for a machine without a keyring: the commands that create and choose an encrypted file.
 */
export const FILE_ADVICE: string = "Or keep passwords in an encrypted file: create it with " +
  "`keyring file init`, and choose it with `export KEYRING_BACKEND=file`.";

/** How a machine gets a session in which a desktop's keyring can run, as `advice`. */
export const SESSION_ADVICE: string =
  "Log in to a desktop session, or, on a machine without one, run the command under " +
  `dbus-run-session with an unlocked gnome-keyring-daemon. ${FILE_ADVICE}`;

/** This system has no usable keyring. */
export class NoKeyringError extends KeyringError {
  /** The class's name. */
  override name = "NoKeyringError";
}

/** The secret is larger than the store can hold. Nothing was written. */
export class SecretTooLargeError extends PasswordSetError {
  /** The class's name. */
  override name = "SecretTooLargeError";
  /** The size of the secret in the store's encoding, in bytes. */
  readonly size: number;
  /** The largest size that the store accepts, in bytes. */
  readonly limit: number;

  /**
   * Makes the error of a refused secret.
   *
   * @param size The size of the secret in the store's encoding, in bytes.
   * @param limit The largest size that the store accepts, in bytes.
   * @param details What was being done.
   */
  constructor(size: number, limit: number, details: KeyringErrorDetails) {
    super(`the secret has ${size} bytes and this store holds at most ${limit}`, details);
    this.size = size;
    this.limit = limit;
  }
}

/**
 * What is stored is damaged: an entry that holds a part of a large secret, or the encrypted file,
 * was changed or removed by something other than this library. Nothing is modified.
 */
export class CorruptSecretError extends KeyringError {
  /** The class's name. */
  override name = "CorruptSecretError";
}

/** The store did not answer in time. */
export class KeyringTimeoutError extends KeyringError {
  /** The class's name. */
  override name = "KeyringTimeoutError";
}

/**
 * The store is on the network, and cannot be reached or is not serving requests at present. Unlike
 * with a `NoKeyringError`, it is configured, so no other store is used instead.
 */
export class KeyringUnavailableError extends KeyringError {
  /** The class's name. */
  override name = "KeyringUnavailableError";
}

/** A Deno permission is missing. */
export class KeyringPermissionError extends KeyringError {
  /** The class's name. */
  override name = "KeyringPermissionError";
  /** The exact flag to add to the `deno` command, such as `--allow-run=/usr/bin/security`. */
  readonly flag: string;

  /**
   * Makes the error of a missing permission.
   *
   * @param flag The exact flag to add to the `deno` command.
   * @param details What was being done.
   */
  constructor(flag: string, details: KeyringErrorDetails) {
    super("a Deno permission is missing", {
      advice: `Add ${flag} to the deno command.`,
      ...details,
    });
    this.flag = flag;
  }
}

/**
 * What went wrong, as a store sees it:
 *
 * - `"absent"`: there is no such store on this system, or it is not running
 * - `"uninitialized"`: it is running, but not ready for use
 * - `"locked"`: it is locked, and was not unlocked
 * - `"timeout"`: it did not answer in time
 * - `"unavailable"`: it is on the network, and cannot be reached or is not serving requests at
 * present
 * - `"missing"`: there is no entry to remove, with a reason that explains more
 * - `"permission"`: a Deno permission is missing
 * - `"corrupt"`: its data is damaged
 * - `"too-large"`: the secret is too large for it
 * - `"other"`: anything else
 */
export type FailureKind =
  | "absent"
  | "uninitialized"
  | "locked"
  | "timeout"
  | "unavailable"
  | "missing"
  | "permission"
  | "corrupt"
  | "too-large"
  | "other";

/** What a {@linkcode Failure} knows besides its kind and reason. */
export interface FailureDetails {
  /** The store's own error code. */
  code?: number | undefined;
  /** The store's own name of that code. */
  codeName?: string | undefined;
  /** What to do next: one or more full sentences. */
  advice?: string | undefined;
  /** The Deno flag that is missing, if the kind is `"permission"`. */
  flag?: string | undefined;
  /** The size of the secret in bytes, if the kind is `"too-large"`. */
  size?: number | undefined;
  /** The largest size that the store accepts in bytes, if the kind is `"too-large"`. */
  limit?: number | undefined;
  /** The error beneath this one. */
  cause?: unknown;
}

/**
 * What a `Backend` throws: why it failed, without what was being done. `StoreKeyring` turns it into
 * the {@linkcode KeyringError} that names the operation and the entry.
 *
 * @example Report a locked store
 * ```ts
 * import { Failure } from "@os-keyring/keyring";
 *
 * const failure = new Failure("locked", "the store is locked", { advice: "Unlock it." });
 * console.log(failure.kind, failure.message);
 * ```
 */
export class Failure extends Error {
  /** The class's name. */
  override name = "Failure";
  /** What went wrong. */
  readonly kind: FailureKind;
  /** What else is known about it. */
  readonly details: FailureDetails;

  /**
   * Makes a failure.
   *
   * @param kind What went wrong.
   * @param reason Why, as the end of the sentence `Cannot read …: <reason>`.
   * @param details What else is known about it.
   */
  constructor(kind: FailureKind, reason: string, details: FailureDetails = {}) {
    super(reason, details.cause === undefined ? {} : { cause: details.cause });
    this.kind = kind;
    this.details = details;
  }
}

/** Makes the error that a user sees of a failure. */
export function errorOf(failure: Failure, operation: KeyringErrorDetails): KeyringError {
  const { kind, message, details } = failure;
  const { code, codeName, advice, cause } = details;
  const all = { ...operation, code, codeName, advice, cause };
  switch (kind) {
    case "absent":
      return new NoKeyringError(message, all);
    case "uninitialized":
      return new InitError(message, all);
    case "locked":
      return new KeyringLockedError(message, all);
    case "timeout":
      return new KeyringTimeoutError(message, all);
    case "unavailable":
      return new KeyringUnavailableError(message, all);
    case "permission":
      return new KeyringPermissionError(details.flag ?? "--allow-all", {
        ...operation,
        ...(advice === undefined ? {} : { advice }),
        cause,
      });
    case "corrupt":
      return new CorruptSecretError(message, all);
    case "too-large":
      return new SecretTooLargeError(details.size ?? 0, details.limit ?? 0, all);
    case "missing":
    case "other":
      return operationError(message, all);
  }
}

/** Makes the error of the class that belongs to the operation. */
export function operationError(reason: string, details: KeyringErrorDetails): KeyringError {
  if (details.operation === "set") return new PasswordSetError(reason, details);
  if (details.operation === "delete") return new PasswordDeleteError(reason, details);
  return new KeyringError(reason, details);
}

/** Whether a store can be used. */
export interface Viability {
  /** Whether it can, once the missing permission is there. */
  viable: boolean;
  /** Why it cannot. */
  reason?: string;
  /** What else is worth knowing of it. */
  note?: string;
  /** The Deno flag that is missing. */
  flag?: string;
  /** Whether this machine has no such store at all, so that a chain passes over it. */
  absent?: true;
}

/** What a failure says about a store that was looked at. */
export function notViable({ kind, message: reason, details: { flag } }: Failure): Viability {
  return {
    viable: false,
    reason,
    ...(flag !== undefined && { flag }),
    ...(kind === "absent" && { absent: true }),
  };
}

const LONGEST_QUOTE = 80;

/**
 * Quotes a name for a message: control characters escaped, long names shortened, so that a hostile
 * name can neither forge a line of output nor flood it.
 */
export function quote(name: string): string {
  const short = name.length > LONGEST_QUOTE ? `${name.slice(0, LONGEST_QUOTE)}…` : name;
  return JSON.stringify(short.toWellFormed()).replace(
    /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function describeOperation({ operation, service, username }: KeyringErrorDetails): string {
  const entry = service === undefined
    ? ""
    : username === undefined
    ? ` for ${quote(service)}`
    : ` of ${quote(username)} for ${quote(service)}`;
  switch (operation) {
    case "open":
      return "Cannot open the keyring";
    case "get":
      return `Cannot read the password${entry}`;
    case "set":
      return `Cannot store the password${entry}`;
    case "delete":
      return `Cannot delete the password${entry}`;
    case "list":
      return `Cannot list the entries${entry}`;
  }
}

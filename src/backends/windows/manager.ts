import { errorOf, Failure, type KeyringErrorDetails, operationError } from "../../errors.ts";
import {
  deleteCredential,
  enumerateCredentials,
  readCredential,
  writeCredential,
} from "./calls.ts";
import { getAccount, getSessionTypes } from "./logon.ts";
import {
  blobOf,
  checkBlob,
  checkCredential,
  checkTarget,
  compareTargets,
  fieldsOf,
  infoOf,
  plainTarget,
  requireEncoding,
  select,
  typeNumber,
  withSecret,
} from "./manager_convert.ts";
import type {
  CredentialInfo,
  CredentialToWrite,
  CredentialType,
  CredentialWithSecret,
  EnumerateOptions,
  EnumerateSecretsOptions,
  ReadOptions,
  SessionTypes,
} from "./manager_types.ts";

/**
 * The Credential Manager of the Windows user who runs the process, target by target.
 *
 * Its methods are synchronous, because the calls of Windows are: each takes some ten microseconds,
 * and a promise would only hide that. It needs no closing; a credential with its secret is
 * disposable.
 *
 * Needs `--allow-ffi=C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll`.
 *
 * @example Read what Git Credential Manager stored
 * ```ts
 * import { CredentialManager } from "@os-keyring/keyring/windows";
 *
 * const manager = new CredentialManager();
 * using credential = manager.read("git:https://github.com");
 * console.log(credential?.userName, credential?.text);
 * ```
 *
 * @example Save a Remote Desktop logon
 * ```ts
 * import { CredentialManager } from "@os-keyring/keyring/windows";
 *
 * new CredentialManager().write({
 *   target: "TERMSRV/server.example",
 *   type: "domain-password",
 *   userName: "EXAMPLE\\alice",
 *   secret: "s3cret",
 * });
 * ```
 */
export class CredentialManager {
  /**
   * Reads a credential.
   *
   * @param target Its target; a leading `LegacyGeneric:target=` is ignored.
   * @param type Its type; generic by default.
   * @param options How to decode its secret.
   * @returns The credential, which can be disposed of, or `null` when there is none.
   */
  read(
    target: string,
    type: CredentialType = "generic",
    options: ReadOptions = {},
  ): CredentialWithSecret | null {
    const details = { operation: "get", service: target } as const;
    return call(details, () => {
      const encoding = requireEncoding(options.encoding ?? "auto");
      const stored = readCredential(nameOf(target, type, details), typeNumber(type));
      if (!stored) return null;
      const credential = withSecret(stored, encoding);
      if (credential.text !== null || encoding === "auto" || encoding === "bytes") {
        return credential;
      }
      credential[Symbol.dispose]();
      const advice = 'Read it with the encoding "auto" or "bytes".';
      throw operationError(`the secret is not text in ${encoding}`, { ...details, advice });
    });
  }

  /**
   * Creates a credential, or replaces all of it: omitted fields are lost.
   *
   * @param credential The credential.
   */
  write(credential: CredentialToWrite): void {
    const details = { operation: "set", service: credential.target } as const;
    call(details, () => {
      const target = nameOf(credential.target, credential.type ?? "generic", details);
      const named = { ...credential, target };
      checkCredential(named, details);
      const blob = blobOf(named, details);
      try {
        checkBlob(blob, details);
        writeCredential(fieldsOf(named, blob));
      } finally {
        blob.fill(0);
      }
    });
  }

  /**
   * Deletes a credential.
   *
   * @param target Its target; a leading `LegacyGeneric:target=` is ignored.
   * @param type Its type; generic by default.
   * @returns Whether there was one.
   */
  delete(target: string, type: CredentialType = "generic"): boolean {
    const details = { operation: "delete", service: target } as const;
    return call(
      details,
      () => deleteCredential(nameOf(target, type, details), typeNumber(type)),
    );
  }

  /**
   * Checks whether there is a credential.
   *
   * @param target Its target; a leading `LegacyGeneric:target=` is ignored.
   * @param type Its type; generic by default.
   * @returns Whether there is one.
   */
  exists(target: string, type: CredentialType = "generic"): boolean {
    const details = { operation: "get", service: target } as const;
    return call(details, () => {
      const stored = readCredential(nameOf(target, type, details), typeNumber(type));
      stored?.blob.fill(0);
      return stored !== undefined;
    });
  }

  /**
   * Lists credentials with their secrets, sorted by target and type.
   *
   * @param options Which of them, and how to decode their secrets.
   * @returns The credentials, each of which can be disposed of.
   */
  enumerate(options: EnumerateSecretsOptions): CredentialWithSecret[];
  /**
   * Lists credentials, sorted by target and type.
   *
   * @param options Which of them; all by default.
   * @returns The credentials without their secrets.
   */
  enumerate(options?: EnumerateOptions): CredentialInfo[];
  enumerate(
    options: EnumerateOptions & Partial<EnumerateSecretsOptions> = {},
  ): CredentialInfo[] | CredentialWithSecret[] {
    const details = { operation: "list", service: options.filter } as const;
    return call(details, () => {
      const { filter, meant } = select(options);
      if (options.withSecrets !== true) {
        return enumerateCredentials(filter).filter(meant).map(infoOf).sort(compareTargets);
      }
      const encoding = requireEncoding(options.encoding ?? "auto");
      const found = enumerateCredentials({ ...filter, withSecrets: true });
      for (const stored of found) if (!meant(stored)) stored.blob.fill(0);
      return found.filter(meant).map((stored) => withSecret(stored, encoding)).sort(compareTargets);
    });
  }

  /**
   * Finds out what this logon can store. A logon without a Credential Manager (SSH with a key, WinRM)
   * is an error whose `code` is 1312.
   *
   * @returns For each type the longest persistence, or `null` for none.
   */
  sessionTypes(): SessionTypes {
    return call({ operation: "open" }, getSessionTypes);
  }

  /**
   * Finds out whose credentials these are: each account sees only its own.
   *
   * @returns The account's name, such as `alice` or `SYSTEM`.
   */
  account(): string {
    return call({ operation: "open" }, getAccount);
  }
}

function call<T>(details: KeyringErrorDetails, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Failure ? errorOf(error, details) : error;
  }
}

function nameOf(target: string, type: CredentialType, details: KeyringErrorDetails): string {
  if (typeof target !== "string") throw new TypeError("The target must be a string");
  const name = plainTarget(target, typeNumber(type));
  checkTarget(name, type, details);
  return name;
}

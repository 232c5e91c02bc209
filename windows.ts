/**
 * The raw Windows Credential Manager, for administrators: every credential of every program,
 * by its raw target, with its type, persistence, comment, attributes and time.
 *
 * The keyring of the main module does not need this. Use it to manage what other programs stored:
 * `TERMSRV/server`, `git:https://github.com`, what `cmdkey` shows as `LegacyGeneric:target=…`.
 *
 * @example List the logons that Remote Desktop saved
 * ```ts
 * import { CredentialManager } from "jsr:@os-keyring/keyring@^0.1/windows";
 *
 * const manager = new CredentialManager();
 * for (const { target, userName, lastWritten } of manager.enumerate({ filter: "TERMSRV/*" })) {
 *   console.log(target, userName, lastWritten?.toISOString());
 * }
 * ```
 *
 * ```powershell
 * deno run --allow-ffi="C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll" main.ts
 * ```
 *
 * Importing this module has no side effects: it does not open a library or ask for a permission.
 *
 * @module
 */

export { CredentialManager } from "./src/backends/windows/manager.ts";
export type {
  CredentialAttribute,
  CredentialInfo,
  CredentialToWrite,
  CredentialType,
  CredentialWithSecret,
  EnumerateOptions,
  EnumerateSecretsOptions,
  ReadOptions,
  SecretEncoding,
  SessionTypes,
  WritableType,
} from "./src/backends/windows/manager_types.ts";

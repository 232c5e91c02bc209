/**
 * Uses a secret that `cmdkey` stored: `cmdkey` itself lists it, but never shows it. Windows only.
 *
 * ```powershell
 * cmdkey /generic:backup /user:alice /pass          # asks for the password
 * deno run --allow-ffi="C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll" read_cmdkey.ts backup
 * ```
 *
 * It must have been stored with `/generic`: `/add` stores a domain password, which only Windows itself
 * can read.
 *
 * @module
 */

import { KeyringError } from "jsr:@os-keyring/keyring@^0.1";
import { CredentialManager } from "jsr:@os-keyring/keyring@^0.1/windows";

/** Reads the credential and reports what it found; returns the exit code. */
export function main([target]: string[]): number {
  if (target === undefined) {
    console.error("usage: read_cmdkey.ts TARGET");
    return 2;
  }
  try {
    // `using` overwrites the bytes of the secret at the end of the block.
    using credential = new CredentialManager().read(target);
    if (credential === null) {
      console.error(`There is no generic credential ${target}; see: cmdkey /list`);
      return 1;
    }
    const { userName, text, secret } = credential;
    if (text === null) {
      console.error(`The secret of ${target} is not text, but ${secret.length} bytes`);
      return 1;
    }
    // A real program would log on with it here. It is not printed.
    console.log(`${userName} has a password of ${text.length} characters`);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    console.error(error.message);
    return 1;
  }
  return 0;
}

if (import.meta.main) Deno.exitCode = main(Deno.args);

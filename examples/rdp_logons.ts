/**
 * Saves the logon of one account for Remote Desktop on many servers, as the check box _Remember me_
 * in `mstsc` does for one. Windows only.
 *
 * The password comes from a pipe:
 *
 * ```powershell
 * $OutputEncoding = [System.Text.UTF8Encoding]::new($false)
 * Get-Content password.txt | deno run --allow-ffi="C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll" rdp_logons.ts EXAMPLE\alice server1 server2
 * ```
 *
 * Windows gives the password to Remote Desktop only: it cannot be read again, not even by this
 * account. Group policy decides whether a saved logon is used (_Allow delegating saved
 * credentials_).
 *
 * @module
 */

import { KeyringError } from "jsr:@os-keyring/keyring@^0.1";
import { CredentialManager } from "jsr:@os-keyring/keyring@^0.1/windows";

/** Saves the logon for each server and lists what is saved; returns the exit code. */
export async function main(
  [userName, ...servers]: string[],
  input: ReadableStream<Uint8Array<ArrayBuffer>> = Deno.stdin.readable,
): Promise<number> {
  if (userName === undefined || servers.length === 0) {
    console.error("usage: rdp_logons.ts DOMAIN\\USER SERVER... <PASSWORD");
    return 2;
  }
  // Without this, input that is not UTF-8 would be stored as something else.
  const text = new TextDecoder("utf-8", { fatal: true });
  const secret = text.decode(await new Response(input).bytes()).replace(/\r?\n$/, "");
  if (secret === "") {
    console.error("The password is empty; nothing was changed");
    return 1;
  }
  const manager = new CredentialManager();
  try {
    for (const server of servers) {
      manager.write({ target: `TERMSRV/${server}`, type: "domain-password", userName, secret });
    }
    for (const saved of manager.enumerate({ filter: "TERMSRV/*", type: "domain-password" })) {
      console.log(saved.target, saved.userName);
    }
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    console.error(error.message);
    return 1;
  }
  return 0;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);

/**
 * Stores a new password in one account's entries for many services, after it was changed for the
 * account itself.
 *
 * The new password comes from a pipe, such as from the program that generates it: every process could
 * see an argument. Nothing is changed unless every entry exists. After a failure, run it again.
 *
 * ```sh
 * pwgen -s 32 1 | deno run --allow-run=/usr/bin/secret-tool rotate_password.ts svc_backup server1 server2
 * pwgen -s 32 1 | deno run --allow-run=/usr/bin/security rotate_password.ts svc_backup server1 server2
 * ```
 *
 * ```powershell
 * $OutputEncoding = [System.Text.UTF8Encoding]::new($false)
 * Get-Content new.txt | deno run --allow-ffi="C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll" rotate_password.ts EXAMPLE\svc_backup server1 server2
 * ```
 *
 * @module
 */

import { getPassword, KeyringError, setPassword } from "jsr:@os-keyring/keyring@^0.1";

/** Stores the new password for each service; returns the exit code. */
export async function main(
  [username, ...services]: string[],
  input: ReadableStream<Uint8Array<ArrayBuffer>> = Deno.stdin.readable,
): Promise<number> {
  if (username === undefined || services.length === 0) {
    console.error("usage: rotate_password.ts USERNAME SERVICE... <NEW_PASSWORD");
    return 2;
  }
  // Without this, input that is not UTF-8 would be stored as something else.
  const text = new TextDecoder("utf-8", { fatal: true });
  const password = text.decode(await new Response(input).bytes()).replace(/\r?\n$/, "");
  if (password === "") {
    console.error("The new password is empty; nothing was changed");
    return 1;
  }
  const missing = [];
  for (const service of services) {
    if (await getPassword(service, username) === null) missing.push(service);
  }
  if (missing.length > 0) {
    console.error(`${username} has no entry for ${missing.join(", ")}; nothing was changed`);
    return 1;
  }
  return await rotate(username, services, password);
}

async function rotate(username: string, services: string[], password: string): Promise<number> {
  for (const [index, service] of services.entries()) {
    try {
      await setPassword(service, username, password);
    } catch (error) {
      if (!(error instanceof KeyringError)) throw error;
      // A failed write leaves the old password: the services listed here still have it.
      console.error(error.message);
      console.error(`Not changed: ${services.slice(index).join(", ")}. Run it again.`);
      return 1;
    }
    console.log(`Changed: ${username} for ${service}`);
  }
  return 0;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);

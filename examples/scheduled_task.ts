/**
 * Sets up a scheduled task that needs a secret: `nightly_report.ts`, every night, as the account
 * `EXAMPLE\svc_report`. Entries belong to an account, so this account must store the token,
 * not the administrator who creates the task.
 *
 * 1. Store it. `runas` asks for the password of the account, the script for the token:
 *
 * ```bat
 * runas /user:EXAMPLE\svc_report "deno run --allow-env --allow-read --allow-ffi=C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll C:\scripts\scheduled_task.ts store"
 * ```
 *
 * 2. Create the task. `/rp *` asks for the password of the account, which Windows then keeps: with
 *    _Do not store password_ the task would have no Credential Manager (1312). The account needs
 *    the right _Log on as a batch job_. `/tr` takes at most 261 characters.
 *
 * ```bat
 * schtasks /create /tn "Nightly report" /sc daily /st 02:00 /ru EXAMPLE\svc_report /rp * /tr "deno run --no-prompt --allow-net=api.example.com --allow-ffi=C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll C:\scripts\nightly_report.ts"
 * ```
 *
 * 3. Check it with a task of the same account and the same kind of logon, whose _Last Result_ is the
 *    exit code. Only this shows whether the task will find its secret:
 *
 * ```bat
 * schtasks /create /tn "Nightly report check" /sc once /st 00:00 /ru EXAMPLE\svc_report /rp * /tr "deno run --no-prompt --allow-ffi=C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll C:\scripts\scheduled_task.ts check"
 * schtasks /run /tn "Nightly report check"
 * schtasks /query /tn "Nightly report check" /v /fo list
 * schtasks /delete /tn "Nightly report check" /f
 * ```
 *
 * Copy `nightly_report.ts` into the same folder. The account must find `deno`: install it for all users, or write its full path.
 *
 * On other systems the same applies to `cron` and `systemd`: `sudo -u svc_report deno run … store`.
 *
 * @module
 */

import { getPassword, KeyringError } from "jsr:@os-keyring/keyring@^0.1";
import { main as keyring } from "jsr:@os-keyring/keyring@^0.1/cli";
import { CredentialManager } from "jsr:@os-keyring/keyring@^0.1/windows";
import { SERVICE, USERNAME } from "./nightly_report.ts";

/** Stores or checks the token of the account that runs this; returns the exit code. */
export async function main([command]: string[]): Promise<number> {
  switch (command) {
    case "store":
      // Asks without showing what is typed, or reads from a pipe.
      return await keyring(["set", SERVICE, USERNAME]);
    case "check":
      return await check();
    default:
      console.error("usage: scheduled_task.ts store|check");
      return 2;
  }
}

async function check(): Promise<number> {
  try {
    const found = await getPassword(SERVICE, USERNAME) !== null;
    console.log(`${account()} has ${found ? "its" : "no"} token for ${SERVICE}`);
    return found ? 0 : 1;
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    console.error(error.message);
    return 1;
  }
}

function account(): string {
  return Deno.build.os === "windows" ? new CredentialManager().account() : "This account";
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);

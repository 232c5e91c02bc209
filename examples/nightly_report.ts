/**
 * A nightly script that calls an API with a token from the keyring, so that the token is neither in
 * the script nor in the task that starts it.
 *
 * Store the token once, as the account that the script will run as; it is asked for:
 *
 * ```sh
 * keyring set https://api.example.com nightly
 * ```
 *
 * Then run it with the flag of your system:
 *
 * ```sh
 * deno run --no-prompt --allow-net=api.example.com --allow-run=/usr/bin/secret-tool nightly_report.ts
 * deno run --no-prompt --allow-net=api.example.com --allow-run=/usr/bin/security nightly_report.ts
 * deno run --no-prompt --allow-net=api.example.com --allow-ffi="C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll" nightly_report.ts
 * ```
 *
 * `--no-prompt` makes it fail, rather than wait for an answer, when nobody is there to give one.
 *
 * @module
 */

import { getPassword, KeyringError } from "jsr:@os-keyring/keyring@^0.1";

/** What the token belongs to. */
export const SERVICE = "https://api.example.com";
/** The account that it was issued for. */
export const USERNAME = "nightly";

/** Prints today's report of the API; returns the exit code. */
export async function main([url = SERVICE]: string[]): Promise<number> {
  let token: string | null;
  try {
    token = await getPassword(SERVICE, USERNAME);
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    // Such as a locked keyring: the message says what to do, and contains no secret.
    console.error(error.message);
    return 1;
  }
  if (token === null) {
    console.error(`There is no token. Store it: keyring set ${SERVICE} ${USERNAME}`);
    return 1;
  }
  const response = await fetch(`${url}/reports/today`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  if (!response.ok) {
    console.error(`The API answers ${response.status}: ${text}`);
    return 1;
  }
  console.log(text);
  return 0;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);

/**
 * Fills the keyring of a new machine from a CSV file, such as this one:
 *
 * ```csv
 * service,username,password
 * https://api.example.com,nightly,s3cret
 * backup,svc_backup,"s3cret, with a comma"
 * ```
 *
 * The whole file is checked first. It can be run again: existing entries stay as they are.
 *
 * ```sh
 * deno run --allow-env --allow-read --allow-run=/usr/bin/secret-tool seed_machine.ts entries.csv
 * deno run --allow-env --allow-read --allow-run=/usr/bin/security seed_machine.ts entries.csv
 * deno run --allow-env --allow-read --allow-ffi="C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll" seed_machine.ts entries.csv
 * ```
 *
 * The command reads the settings that choose the keyring: the environment and the config file.
 *
 * The file holds passwords in plain text. It is better to pipe them from where they are kept
 * encrypted into the command:
 *
 * ```sh
 * gpg --decrypt entries.csv.gpg | keyring import --format csv --on-conflict skip
 * ```
 *
 * @module
 */

import { main as keyring } from "jsr:@os-keyring/keyring@^0.1/cli";

/** Stores the entries of the file that the keyring lacks; returns the exit code. */
export async function main([file]: string[]): Promise<number> {
  if (file === undefined) {
    console.error("usage: seed_machine.ts FILE");
    return 2;
  }
  const command = ["import", "--format=csv", "--on-conflict=skip"];
  const checked = await keyring([...command, "--dry-run", "--", file]);
  if (checked !== 0) return checked;
  const stored = await keyring([...command, "--", file]);
  if (stored === 0) console.log(`Now delete ${file}: it holds passwords.`);
  return stored;
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);

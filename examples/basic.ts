/**
 * Stores a password in this system's keyring, reads it, and deletes it again.
 *
 * Run it with the flag of your system:
 *
 * ```sh
 * deno run --allow-run=/usr/bin/secret-tool basic.ts        # Linux
 * deno run --allow-run=/usr/bin/security basic.ts           # macOS
 * deno run --allow-ffi="C:\Windows\System32\advapi32.dll,C:\Windows\System32\kernel32.dll" basic.ts
 * ```
 *
 * @module
 */

import {
  deletePassword,
  getPassword,
  PasswordDeleteError,
  setPassword,
} from "jsr:@os-keyring/keyring@^0.1";

await setPassword("my_awesome_app", "my_user", "my_secret_password123");

const password = await getPassword("my_awesome_app", "my_user");
console.log(password ? `The password is: ${password}` : "Password not found.");

try {
  await deletePassword("my_awesome_app", "my_user");
  console.log("Password deleted.");
} catch (error) {
  if (!(error instanceof PasswordDeleteError)) throw error;
  console.log("Password not found or could not be deleted.");
}

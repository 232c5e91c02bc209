/**
 * Runs a command beside the emulator, with a Key Vault `test` and an application that may do everything
 * there:
 *
 * ```sh
 * deno run -A dev/azure_emulator/session.ts keyring -b azure-key-vault list
 * ```
 *
 * @module
 */

import { run } from "../rig/process.ts";
import { AzureEmulator } from "./server.ts";
import { CLIENT_ID, CLIENT_SECRET, TENANT } from "./tokens.ts";

if (import.meta.main) {
  const [command = "true", ...args] = Deno.args;
  await using emulator = await AzureEmulator.start();
  Deno.exitCode = await run(command, args, {
    env: {
      ...emulator.environment,
      KEYRING_AZURE_VAULT: "test",
      AZURE_TENANT_ID: TENANT,
      AZURE_CLIENT_ID: CLIENT_ID,
      AZURE_CLIENT_SECRET: CLIENT_SECRET,
    },
  });
}

/**
 * Runs a command beside a development server of OpenBao, which it finds by VAULT_ADDR and VAULT_TOKEN:
 *
 * ```sh
 * deno run -A dev/openbao_session.ts keyring -b openbao list
 * ```
 *
 * @module
 */

import { installOpenBao, PROGRAM, ROOT_TOKEN, startDevelopmentServer } from "./rig/openbao.ts";
import { withRunFolder } from "./rig/cache.ts";
import { run } from "./rig/process.ts";

if (import.meta.main) {
  const [command = "true", ...args] = Deno.args;
  const bao = `${await installOpenBao()}/${PROGRAM}`;
  Deno.exitCode = await withRunFolder(async (folder) => {
    const server = await startDevelopmentServer(bao, folder);
    const env = { VAULT_ADDR: server.address, VAULT_TOKEN: ROOT_TOKEN };
    try {
      return await run(command, args, { env });
    } finally {
      await server.kill();
    }
  });
}

/**
 * The credential helper `docker-credential-keyring`: docker keeps its passwords and identity tokens in
 * the keyring that the command `keyring` uses, and shares them with docker's own helpers.
 *
 * `docs/docker.md` has the line that installs it, with its permissions.
 *
 * ```json
 * { "credsStore": "keyring" }
 * ```
 *
 * @example Ask for its version
 * ```ts
 * import { main } from "@os-keyring/keyring/docker-credential";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await main(["version"]), 0);
 * ```
 *
 * @module
 */

import { runDockerHelper } from "./src/cli/docker_helper.ts";
import { guardSecrets } from "./src/cli/signals.ts";

/**
 * Runs the helper. Never rejects: a failure is one sentence on standard output, as docker reads it.
 *
 * @param args The operation: `store`, `get`, `erase`, `list` or `version`.
 * @returns The exit code.
 */
export function main(args: readonly string[]): Promise<number> {
  return runDockerHelper(args);
}

if (import.meta.main) {
  guardSecrets();
  Deno.exit(await main(Deno.args));
}

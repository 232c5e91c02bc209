/**
 * The credential helper `git-credential-keyring`: git keeps its passwords in the keyring that the
 * command `keyring` uses, and shares them with git's own helpers.
 *
 * A separate entry point that loads little, since git starts it at every contact with a server.
 * `docs/git.md` has the line that installs it, with its permissions.
 *
 * ```sh
 * git config --global credential.helper keyring
 * ```
 *
 * @example Ask which capabilities of git it has
 * ```ts
 * import { main } from "@os-keyring/keyring/git-credential";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await main(["capability"]), 0);
 * ```
 *
 * @module
 */

import { runGitHelper } from "./src/cli/git_helper.ts";
import { guardSecrets } from "./src/cli/signals.ts";

/**
 * Runs the helper. Never rejects: a failure is reported on standard error, and git goes on.
 *
 * @param args The operation: `get`, `store`, `erase` or `capability`.
 * @returns The exit code.
 */
export function main(args: readonly string[]): Promise<number> {
  return runGitHelper(args);
}

if (import.meta.main) {
  guardSecrets();
  Deno.exit(await main(Deno.args));
}

/**
 * The `keyring` command: passwords in the operating system's own keyring, from a shell.
 *
 * ```sh
 * deno install -gf -A -n keyring jsr:@os-keyring/keyring@^0.1/cli
 * keyring set my_app alice     # asks for the password, or reads it from a pipe
 * keyring get my_app alice     # prints it
 * keyring run --env API_TOKEN=my_app/alice -- deno run --allow-env=API_TOKEN deploy.ts
 * keyring list                 # services and usernames, never a password
 * keyring diagnose             # which keyring is used, and why
 * keyring setup                # prints the line that installs it with fewer permissions than -A
 * keyring del my_app alice
 * ```
 *
 * It has the options and the output of Python's `keyring` command. It exits with 0 on success, 1 if
 * nothing was found or it failed, and 2 on a usage error; `run` exits with the status of its program.
 *
 * @example Run it from a script
 * ```ts
 * import { main } from "@os-keyring/keyring/cli";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(await main(["--keyring-backend", "null", "get", "my_app", "alice"]), 1);
 * ```
 *
 * @module
 */

import { guardSecrets } from "./src/cli/signals.ts";

/**
 * Runs the command line. Never rejects: a failure is reported on standard error.
 *
 * @param args The arguments.
 * @returns The exit code.
 */
export async function main(args: readonly string[]): Promise<number> {
  const stopGuarding = guardSecrets();
  try {
    return await run(args);
  } finally {
    stopGuarding();
  }
}

async function run(args: readonly string[]): Promise<number> {
  let command: typeof import("./src/cli/main.ts");
  try {
    command = await import("./src/cli/main.ts");
  } catch (error) {
    // Without the stack that the loader puts into its message.
    const reason = `${error instanceof Error ? error.message : error}`.replace(/\n\s*at .*/s, "");
    console.error(`keyring: The command cannot be loaded: ${reason.replace(/\n\s*/g, ": ")}`);
    return 1;
  }
  return await command.main(args);
}

if (import.meta.main) {
  // Before the rest is loaded, which may have to be downloaded, and to the very end.
  guardSecrets();
  Deno.exit(await run(Deno.args));
}

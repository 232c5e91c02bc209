/**
 * The `keyring` command: passwords in the operating system's own keyring, from a shell.
 *
 * ```sh
 * deno install -g --allow-run=/usr/bin/secret-tool jsr:@os-keyring/keyring/cli
 *
 * keyring set my_app alice     # asks for the password, or reads it from a pipe
 * keyring get my_app alice     # prints it
 * keyring del my_app alice
 * keyring list                 # services and usernames, never a password
 * keyring diagnose             # which keyring is used, and why
 * keyring run --env TOKEN=my_app/alice -- my_program   # hands it to a program
 * ```
 *
 * It takes the options of the command of Python's keyring, and prints what that prints. It exits
 * with 0 when it is done, 1 when nothing was found or it failed, and 2 when it was used wrongly;
 * `run` exits as its program does.
 *
 * @example Run it from a script, on a keyring of its own
 * ```ts
 * import { main } from "@os-keyring/keyring/cli";
 * import { MemoryKeyring } from "@os-keyring/keyring";
 * import { assertEquals } from "@std/assert";
 *
 * const keyring = new MemoryKeyring();
 * const choose = () => Promise.resolve({ keyring, id: "memory", by: "this script" });
 * assertEquals(await main(["get", "my_app", "alice"], { choose }), 1);
 * ```
 *
 * @module
 */

import type { Parts } from "./src/cli/command.ts";
import { run } from "./src/cli/main.ts";

export type { Choice, StoreReport } from "./src/choose.ts";
export type { Input, Manager, Parts } from "./src/cli/command.ts";
export type { Program } from "./src/cli/run/program.ts";
export type { LogonReport } from "./src/backends/windows/logon_report.ts";
export type { EncryptedFileKeyring, EncryptedFileOptions } from "./src/backends/file/backend.ts";
export type { CreateOptions } from "./src/registry.ts";
export type { Utf8Keyring } from "./src/utf8_keyring.ts";
export type { AskPassphrase, PassphraseRequest } from "./src/backends/file/key.ts";
export type * from "./windows.ts";
export type {
  CallOptions,
  Credential,
  EntryInfo,
  Keyring,
  ListOptions,
  Persistence,
} from "./src/keyring.ts";

/**
 * Runs the command line. Never rejects: what fails is told on standard error.
 *
 * @param args The arguments.
 * @param parts What to replace of what it stands on; by default this process and this system.
 * @returns The exit code.
 */
export function main(args: readonly string[], parts: Partial<Parts> = {}): Promise<number> {
  return run(args, parts);
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);

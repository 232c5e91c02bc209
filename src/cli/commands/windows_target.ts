/**
 * What the commands on raw targets have in common.
 *
 * @module
 */

import type { CredentialType } from "../../backends/windows/manager_types.ts";
import type { Call, Manager } from "../command.ts";
import { CommandError, UsageError } from "../usage_error.ts";

/**
 * The Credential Manager, where there is one.
 *
 * @param call The call.
 * @returns The manager; elsewhere it rejects with a {@linkcode CommandError}.
 */
export async function managerOf({ parts }: Call): Promise<Manager> {
  if (parts.os === "windows") return await parts.manager();
  throw new CommandError(`Windows has a Credential Manager, and this is ${parts.os}`);
}

/**
 * The target that a command works on.
 *
 * @param call The call.
 * @param command The command's name, for the error.
 * @returns The target.
 */
export function requireTarget({ service, username }: Call, command: string): string {
  if (service === undefined) throw new UsageError(`windows ${command} requires a target`);
  refuseSecondWord(username);
  return service;
}

/**
 * Refuses a second word, without showing it: after a target people put a password, and stderr is
 * often a log.
 *
 * @param word The word, where there is one.
 */
export function refuseSecondWord(word: string | undefined): void {
  if (word === undefined) return;
  throw new UsageError("unrecognized arguments: *** (a secret is typed at the prompt or piped in)");
}

/**
 * The type that a command works on.
 *
 * @param call The call.
 * @returns The type; the parser has refused all that are none.
 */
export function typeOf({ options }: Call): CredentialType {
  return (options.type ?? "generic") as CredentialType;
}

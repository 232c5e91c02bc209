import type { CredentialType } from "../../backends/windows/manager_types.ts";
import type { Call, Manager } from "../command.ts";
import { CommandError, UsageError } from "../usage_error.ts";

export async function managerOf({ parts }: Call): Promise<Manager> {
  if (parts.os === "windows") return await parts.manager();
  throw new CommandError(`Windows has a Credential Manager, and this is ${parts.os}`);
}

export function requireTarget({ service, username }: Call, command: string): string {
  if (service === undefined) throw new UsageError(`windows ${command} requires a target`);
  refuseSecondWord(username);
  return service;
}

/**
 * Refuses a second word, without showing it: after a target people put a password, and stderr is
 * often a log.
 */
export function refuseSecondWord(word: string | undefined): void {
  if (word === undefined) return;
  throw new UsageError("unrecognized arguments: *** (a secret is typed at the prompt or piped in)");
}

export function typeOf({ options }: Call): CredentialType {
  return (options.type ?? "generic") as CredentialType;
}

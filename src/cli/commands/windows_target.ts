import type { CredentialType } from "../../backends/windows/manager_types.ts";
import type { Call, Manager } from "../command.ts";
import { CommandError, UsageError } from "../usage_error.ts";

export async function managerOf({ context }: Call): Promise<Manager> {
  if (context.os === "windows") return await context.manager();
  throw new CommandError("This system has no Credential Manager, which is part of Windows");
}

/** For users who write a secret after the target. */
export const SECRET_HINT = "a secret is typed at the prompt or piped in";

export function requireTarget({ service }: Call, command: string): string {
  if (service === undefined) throw new UsageError(`windows ${command} requires a target`);
  return service;
}

export function typeOf({ options }: Call): CredentialType {
  return (options.type ?? "generic") as CredentialType;
}

import { probeWindows } from "./errors.ts";
import { CredentialManager } from "./manager.ts";
import type { SessionTypes } from "./manager_types.ts";

export interface LogonReport {
  account?: string;
  types?: SessionTypes;
  /** Why that is not known. */
  problem?: string;
}

/** Looks at the logon of this process: never prompts, never writes. */
export function describeLogon(): LogonReport {
  const { viable, reason, flag } = probeWindows();
  if (!viable) return { problem: reason ?? "there is no Credential Manager" };
  if (flag !== undefined) return { problem: `${flag} is missing` };
  const manager = new CredentialManager();
  const report: LogonReport = {};
  try {
    report.account = manager.account();
    report.types = manager.sessionTypes();
  } catch (error) {
    report.problem = error instanceof Error ? error.message : String(error);
  }
  return report;
}

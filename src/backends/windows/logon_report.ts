/**
 * What `keyring diagnose` tells of a Windows logon.
 *
 * @module
 */

import { probeWindows } from "./errors.ts";
import { CredentialManager } from "./manager.ts";
import type { SessionTypes } from "./manager_types.ts";

/** A logon, as far as it can be known. */
export interface LogonReport {
  /** The account whose credentials these are. */
  account?: string;
  /** What the logon can store. */
  types?: SessionTypes;
  /** Why that is not known. */
  problem?: string;
}

/**
 * Looks at the logon of this process: never prompts, never writes.
 *
 * @returns What is known of it.
 */
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

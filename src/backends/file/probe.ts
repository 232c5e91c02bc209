/**
 * Whether there is a vault.
 *
 * @module
 */

import { mayRead } from "../../lib/environment.ts";
import { readFlag } from "./files.ts";
import { folderOf, vaultLocation } from "./location.ts";

/** What {@linkcode probeVault} found. */
export interface VaultProbe {
  /** Whether there is one. */
  viable: boolean;
  /** Why it cannot be used. */
  reason?: string;
  /** The Deno flag that is missing. */
  flag?: string;
}

/**
 * Finds out whether there is a vault, without opening it.
 *
 * @returns Whether there is one, and if not, why.
 */
export async function probeVault(): Promise<VaultProbe> {
  const missing = "a Deno permission is missing";
  const location = vaultLocation();
  if (!location) return { viable: false, reason: missing, flag: "--allow-env=KEYRING_VAULT" };
  const { path } = location;
  if (!mayRead(folderOf(path))) return { viable: false, reason: missing, flag: readFlag(path) };
  try {
    if ((await Deno.stat(path)).isFile) return { viable: true };
    return { viable: false, reason: `"${path}" is not a file` };
  } catch {
    return { viable: false, reason: `there is no vault at "${path}": keyring vault init` };
  }
}

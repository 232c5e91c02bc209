import { installParties } from "../rig/parties.ts";

/** Fetches other keyring libraries for Windows, with their runtimes. */
export default async function prepare(): Promise<{ folder: string }> {
  return { folder: await installParties("win32") };
}

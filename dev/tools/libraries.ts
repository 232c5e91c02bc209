import { installParties } from "../rig/parties.ts";

/** Fetches other keyring libraries for Linux, with Bun. */
export default async function prepare(): Promise<{ folder: string }> {
  return { folder: await installParties("linux") };
}

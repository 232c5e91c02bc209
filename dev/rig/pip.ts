/**
 * A pip that asks the `keyring` command, which those of Debian 12 and older do not yet.
 *
 * @module
 */

import { cached } from "./cache.ts";
import { announce, mustRun, RigUnavailableError } from "./process.ts";
import { debianTree } from "./wine_tree.ts";

/**
 * Fetches pip from the Debian tree of the Wine rig, which is newer than this system may be.
 *
 * @returns What to put into `PYTHONPATH`, or `undefined` where it cannot be had.
 */
export async function preparePip(): Promise<string | undefined> {
  try {
    return `${await cached("pip-trixie", fetchPip)}/usr/lib/python3/dist-packages`;
  } catch (error) {
    if (!(error instanceof RigUnavailableError)) throw error;
    announce(`no pip to cross-check with: ${error.message}`);
    return undefined;
  }
}

async function fetchPip(folder: string): Promise<void> {
  const tree = await debianTree();
  announce("fetching pip from Debian (once)");
  await Deno.mkdir(folder);
  const places = [
    `Dir=${tree}`,
    `Dir::Etc=${tree}/etc/apt`,
    `Dir::State=${tree}/var/lib/apt`,
    `Dir::State::status=${tree}/var/lib/dpkg/status`,
    `Dir::Cache=${folder}`,
  ];
  const options = places.flatMap((place) => ["-o", place]);
  await mustRun("apt-get", [...options, "-qq", "download", "python3-pip"], { cwd: folder });
  await mustRun("sh", ["-c", "dpkg-deb -x python3-pip_*.deb . && rm python3-pip_*.deb"], {
    cwd: folder,
  });
}

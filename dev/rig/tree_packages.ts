/**
 * Packages of the Debian release that the Wine rig's tree is of, without installing them there.
 *
 * @module
 */

import { mustRun } from "./process.ts";

/** The options with which apt-get works for a tree, and keeps what it downloads in a folder. */
export function aptOptions(tree: string, folder: string): string[] {
  return [
    `Dir=${tree}`,
    `Dir::Etc=${tree}/etc/apt`,
    `Dir::State=${tree}/var/lib/apt`,
    `Dir::State::status=${tree}/var/lib/dpkg/status`,
    `Dir::Cache=${folder}`,
    "Debug::NoLocking=1",
    "APT::Sandbox::User=root",
  ].flatMap((option) => ["-o", option]);
}

/** Unpacks packages into a folder, with all those that they need and the tree has not. */
export async function unpackPackages(
  tree: string,
  folder: string,
  packages: string[],
): Promise<void> {
  const archives = `${folder}/archives`;
  await Deno.mkdir(`${archives}/partial`, { recursive: true });
  const flags = ["-qq", "-y", "--no-install-recommends", "--download-only"];
  await mustRun("apt-get", [...aptOptions(tree, folder), ...flags, "install", ...packages]);
  const unpack = 'for package in archives/*.deb; do dpkg-deb -x "$package" . || exit; done';
  await mustRun("sh", ["-c", unpack], { cwd: folder });
  await Deno.remove(archives, { recursive: true });
}

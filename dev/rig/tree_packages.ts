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

const LIBRARIES = "usr/lib/x86_64-linux-gnu";

/**
 * A script, to be put at the top of the folder or into its `bin`, that runs a program of packages that were
 * unpacked there. With the loader of its own release, that needs neither a chroot nor a mount.
 */
export function launcher(tree: string, program: string, lines: string[] = [], up = "."): string {
  return [
    "#!/bin/sh",
    'here=$(dirname "$0")',
    ...lines,
    `exec "${tree}/lib64/ld-linux-x86-64.so.2" \\
  --library-path "$here/${up}/${LIBRARIES}:${tree}/${LIBRARIES}" "$here/${up}/${program}" "$@"
`,
  ].join("\n");
}

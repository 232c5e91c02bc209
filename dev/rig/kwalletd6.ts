/**
 * KDE Wallet's daemon of a newer Debian than this machine's.
 *
 * @module
 */

import { cached } from "./cache.ts";
import { announce } from "./process.ts";
import { unpackPackages } from "./tree_packages.ts";
import { debianTree } from "./wine_tree.ts";

const PACKAGES = ["kwallet6", "libqca-qt6-plugins"];
const LIBRARIES = "usr/lib/x86_64-linux-gnu";

/** Fetches the daemon, once, and returns the path of a program that runs it. */
export async function prepareKWallet6(): Promise<string> {
  const tree = await debianTree();
  const folder = await cached("kwallet6-trixie", async (folder) => {
    announce("fetching kwalletd6 from Debian (once, 80 MB)");
    await unpackPackages(tree, folder, PACKAGES);
    await Deno.writeTextFile(`${folder}/kwalletd6`, launcher(tree), { mode: 0o755 });
  });
  return `${folder}/kwalletd6`;
}

// With the loader of its own release, it needs neither a chroot nor a mount.
function launcher(tree: string): string {
  return `#!/bin/sh
root=$(dirname "$0")
export QT_PLUGIN_PATH="$root/${LIBRARIES}/qt6/plugins" QCA_PLUGIN_PATH="$root/${LIBRARIES}/qca-qt6"
exec "${tree}/lib64/ld-linux-x86-64.so.2" \\
  --library-path "$root/${LIBRARIES}:${tree}/${LIBRARIES}" "$root/usr/bin/kwalletd6" "$@"
`;
}

import { cached } from "../rig/cache.ts";
import { announce, mustRun } from "../rig/process.ts";
import { aptOptions } from "../rig/tree_packages.ts";
import { debianTree } from "../rig/wine_tree.ts";

/**
 * Fetches a pip that asks the `keyring` command, which those of Debian 12 and older do not yet, from
 * the Debian tree of the Wine rig. Its path is for `PYTHONPATH`.
 */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  return { folder: await cached("pip-trixie", fetchPip), path: "usr/lib/python3/dist-packages" };
}

async function fetchPip(folder: string): Promise<void> {
  const tree = await debianTree();
  announce("fetching pip from Debian (once)");
  await Deno.mkdir(folder);
  await mustRun("apt-get", [...aptOptions(tree, folder), "-qq", "download", "python3-pip"], {
    cwd: folder,
  });
  await mustRun("sh", ["-c", "dpkg-deb -x python3-pip_*.deb . && rm python3-pip_*.deb"], {
    cwd: folder,
  });
}

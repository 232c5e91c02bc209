import { cached } from "../rig/cache.ts";
import { announce } from "../rig/process.ts";
import { unpackPackages } from "../rig/tree_packages.ts";
import { debianTree } from "../rig/wine_tree.ts";

/** Fetches the GitHub CLI from Debian 13. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  const tree = await debianTree();
  const folder = await cached("gh-trixie", async (folder) => {
    announce("fetching the GitHub CLI from Debian 13 (once)");
    await unpackPackages(tree, folder, ["gh"]);
  });
  return { folder, path: "usr/bin/gh" };
}

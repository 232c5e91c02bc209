import { cached } from "../rig/cache.ts";
import { announce } from "../rig/process.ts";
import { launcher, unpackPackages } from "../rig/tree_packages.ts";
import { debianTree } from "../rig/wine_tree.ts";

const PROGRAMS = { git: "usr/bin/git", "git-remote-http": "usr/lib/git-core/git-remote-http" };
// It finds its own parts beside the launchers.
const EXEC_PATH = ['export GIT_EXEC_PATH="$here"'];

/**
 * Fetches Debian 13's git, which knows more of the protocol of credential helpers than Debian 12's.
 * Its path is for `PATH`.
 */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  const tree = await debianTree();
  const folder = await cached("git-trixie", async (folder) => {
    announce("fetching git from Debian 13 (once)");
    await unpackPackages(tree, folder, ["git"]);
    await Deno.mkdir(`${folder}/bin`);
    for (const [name, program] of Object.entries(PROGRAMS)) {
      const script = launcher(tree, program, EXEC_PATH, "..");
      await Deno.writeTextFile(`${folder}/bin/${name}`, script, { mode: 0o755 });
    }
  });
  return { folder, path: "bin" };
}

import { cached } from "../rig/cache.ts";
import { announce } from "../rig/process.ts";
import { unpackPackages } from "../rig/tree_packages.ts";
import { debianTree } from "../rig/wine_tree.ts";

const PROGRAMS = { git: "usr/bin/git", "git-remote-http": "usr/lib/git-core/git-remote-http" };
const LIBRARIES = "usr/lib/x86_64-linux-gnu";

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
      await Deno.writeTextFile(`${folder}/bin/${name}`, launcher(tree, program), { mode: 0o755 });
    }
  });
  return { folder, path: "bin" };
}

// With the loader of its own release, it needs neither a chroot nor a mount. It finds its own parts
// beside the launchers.
function launcher(tree: string, program: string): string {
  return `#!/bin/sh
bin=$(dirname "$0")
export GIT_EXEC_PATH="$bin"
exec "${tree}/lib64/ld-linux-x86-64.so.2" --argv0 "$0" \\
  --library-path "$bin/../${LIBRARIES}:${tree}/${LIBRARIES}" "$bin/../${program}" "$@"
`;
}

import { cached } from "../rig/cache.ts";
import { announce } from "../rig/process.ts";
import { launcher, unpackPackages } from "../rig/tree_packages.ts";
import { debianTree } from "../rig/wine_tree.ts";

/** Fetches the docker command, which needs no daemon to log in to a registry. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  const tree = await debianTree();
  const folder = await cached("docker-trixie", async (folder) => {
    announce("fetching docker's command from Debian 13 (once)");
    await unpackPackages(tree, folder, ["docker-cli"]);
    const script = launcher(tree, "usr/bin/docker");
    await Deno.writeTextFile(`${folder}/docker`, script, { mode: 0o755 });
  });
  return { folder, path: "docker" };
}

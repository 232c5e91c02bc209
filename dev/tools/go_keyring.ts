import { cached, REPOSITORY } from "../rig/cache.ts";
import { announce, mustRun } from "../rig/process.ts";
import { unpackPackages } from "../rig/tree_packages.ts";
import { debianTree } from "../rig/wine_tree.ts";

const PROGRAM = "dev/probe/go_keyring.go";

/** Builds a program that calls go-keyring, with the library and the compiler of Debian 13. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  const tree = await debianTree();
  const folder = await cached("go-keyring-trixie", async (folder) => {
    announce("fetching Go and go-keyring from Debian 13 (once)");
    await Deno.mkdir(folder);
    const packages = ["golang-go", "golang-github-zalando-go-keyring-dev"];
    const unpacked = `${folder}/unpacked`;
    await unpackPackages(tree, unpacked, packages);
    await build(unpacked, `${folder}/go_keyring`);
    await Deno.remove(unpacked, { recursive: true });
  });
  return { folder, path: "go_keyring" };
}

async function build(unpacked: string, program: string): Promise<void> {
  const root = `${unpacked}/usr/lib/go-1.24`;
  const env = {
    GOROOT: root,
    GOPATH: `${unpacked}/usr/share/gocode`,
    GOCACHE: `${unpacked}/cache`,
    GO111MODULE: "off",
    CGO_ENABLED: "0",
  };
  const args = ["build", "-o", program, `${REPOSITORY}/${PROGRAM}`];
  await mustRun(`${root}/bin/go`, args, { env });
}

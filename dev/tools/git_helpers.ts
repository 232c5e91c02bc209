import { cached, exists } from "../rig/cache.ts";
import { installAll } from "../rig/debian.ts";
import { announce, mustRun, RigUnavailableError } from "../rig/process.ts";
import { aptOptions } from "../rig/tree_packages.ts";
import { debianTree } from "../rig/wine_tree.ts";

const CONTRIB = "usr/share/doc/git/contrib/credential";

/**
 * Builds git-credential-libsecret, and git-credential-wincred for Windows, from the sources that
 * Debian 13's git comes with. Git for Windows has the latter.
 */
export default async function prepare(): Promise<{ folder: string }> {
  if (Deno.build.os === "windows") return { folder: await gitForWindows() };
  await installAll([
    { name: "gcc", package: "gcc libc6-dev" },
    { name: "pkg-config", package: "pkg-config" },
    { name: "/usr/include/libsecret-1/libsecret/secret.h", package: "libsecret-1-dev" },
    { name: "x86_64-w64-mingw32-gcc", package: "gcc-mingw-w64-x86-64-win32" },
  ]);
  const tree = await debianTree();
  return {
    folder: await cached("git-helpers-trixie", async (folder) => {
      announce("building git's credential helpers from Debian's sources (once)");
      await Deno.mkdir(folder);
      const apt = [...aptOptions(tree, folder), "-qq", "download", "git"];
      await mustRun("apt-get", apt, { cwd: folder });
      await mustRun("sh", ["-ec", BUILD], { cwd: folder });
    }),
  };
}

async function gitForWindows(): Promise<string> {
  const { stdout } = await new Deno.Command("git", { args: ["--exec-path"] }).output();
  const folder = new TextDecoder().decode(stdout).trim();
  if (await exists(`${folder}/git-credential-wincred.exe`)) return folder;
  throw new RigUnavailableError(`There is no git-credential-wincred.exe in ${folder}`);
}

const BUILD = `
dpkg-deb --fsys-tarfile git_*.deb | tar -x ./${CONTRIB}
gcc -O2 -o git-credential-libsecret ${CONTRIB}/libsecret/git-credential-libsecret.c \
  $(pkg-config --cflags --libs libsecret-1)
x86_64-w64-mingw32-gcc -O2 -o git-credential-wincred.exe \
  ${CONTRIB}/wincred/git-credential-wincred.c
rm -r git_*.deb usr
`;

/**
 * What the Wine rig keeps in the cache: a Debian tree with Wine, the Windows build of Deno and a
 * prepared Wine prefix. Each is made once.
 *
 * @module
 */

import { cached, REPOSITORY, withRunFolder } from "./cache.ts";
import { needPrograms } from "./debian.ts";
import { announce, mustRun, RigUnavailableError, succeeds } from "./process.ts";

/** The Windows build of Deno that runs under Wine. */
export const WINDOWS_DENO = "2.9.5";

/** Where Debian puts Wine's loader. */
export const WINE = "/usr/lib/wine/wine64";

/** The cached folders of the rig. */
export interface WineFolders {
  /** A minimal Debian with Wine. */
  tree: string;
  /** The folder with `deno.exe`. */
  deno: string;
  /** A Wine prefix that has not been used yet. */
  prefix: string;
}

/** Makes what is missing, which takes about a minute and a half the first time. */
export async function prepareWine(): Promise<WineFolders> {
  const tree = await debianTree();
  const deno = await cached(`deno-windows-${WINDOWS_DENO}`, fetchDeno);
  const prefix = await cached("wine-prefix", (folder) => makePrefix(tree, folder));
  return { tree, deno, prefix };
}

/** The folder of the minimal Debian with Wine. */
export async function debianTree(): Promise<string> {
  if (Deno.build.os !== "linux") throw impossible("the Wine rig needs Linux");
  if (Deno.build.arch !== "x86_64") throw impossible("the Wine rig needs x86-64");
  if (Deno.uid() !== 0) {
    throw impossible("the Wine rig needs root (chroot and private mounts)");
  }
  await canMount();
  return await cached("wine-trixie", makeTree);
}

function impossible(reason: string): RigUnavailableError {
  return new RigUnavailableError(reason, { impossible: true });
}

/** The arguments that run `wine_session.sh` so that all it starts dies with this process. */
export function sessionCommand(tree: string, run: string, command: string[]): string[] {
  return [
    ...["--pdeathsig", "KILL", "unshare", ...NAMESPACES],
    ...["bash", `${REPOSITORY}/dev/rig/wine_session.sh`, tree, run, REPOSITORY, ...command],
  ];
}

// The session makes its mounts private itself: in a chroot, unshare cannot.
const NAMESPACES = [
  ...["--mount", "--propagation", "unchanged", "--pid", "--fork", "--kill-child=KILL"],
];

async function canMount(): Promise<void> {
  if (!(await succeeds("unshare", [...NAMESPACES, "true"]))) {
    throw impossible("this container does not allow private mounts");
  }
}

async function makeTree(folder: string): Promise<void> {
  await needPrograms(["debootstrap"]);
  announce("making a Debian tree with Wine (once, about a minute, 1.4 GB)");
  // In a namespace of its own, so that what debootstrap mounts is gone even when it is interrupted.
  const isolated = await succeeds("unshare", ["--mount", "true"]) ? ["unshare", "--mount"] : [];
  const bootstrap = ["debootstrap", "--variant=minbase", "--include=wine64", "trixie", folder];
  await mustRun("env", [...isolated, ...bootstrap], { group: true });
  await Deno.remove(`${folder}/var/cache/apt/archives`, { recursive: true });
}

async function fetchDeno(folder: string): Promise<void> {
  announce(`fetching Deno ${WINDOWS_DENO} for Windows from npm (once)`);
  await Deno.mkdir(folder);
  const packed = `deno-win32-x64-${WINDOWS_DENO}.tgz`;
  await mustRun("npm", ["pack", "--silent", `@deno/win32-x64@${WINDOWS_DENO}`], { cwd: folder });
  await mustRun("tar", ["-xzf", packed, "--strip-components=1"], { cwd: folder });
  await Deno.remove(`${folder}/${packed}`);
}

async function makePrefix(tree: string, folder: string): Promise<void> {
  announce("preparing a Wine prefix (once, 10 seconds)");
  await withRunFolder(async (run) => {
    await Deno.mkdir(`${run}/mnt/home`, { recursive: true });
    const boot =
      `${WINE} wineboot -i; /usr/lib/wine/wineserver64 -k -w; test -f /mnt/home/prefix/system.reg`;
    // Wine asks for its 32-bit half, which is not installed, and says so.
    await mustRun("setpriv", sessionCommand(tree, run, ["sh", "-c", `{ ${boot}; } 2>/dev/null`]));
    await Deno.rename(`${run}/mnt/home/prefix`, folder);
  });
}

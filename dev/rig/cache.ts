/**
 * The folder outside the repository where rigs keep what is slow to make.
 *
 * @module
 */

/** The repository's root folder. */
export const REPOSITORY: string = decodeURIComponent(new URL("../..", import.meta.url).pathname)
  .replace(/\/$/, "")
  .replace(/^\/([A-Za-z]:)/, "$1");

/** The cache folder of this repository's rigs; it is made when it is missing. */
export function cacheFolder(): string {
  const folder = `${userCache()}/os-keyring-dev`;
  Deno.mkdirSync(folder, { recursive: true });
  return folder;
}

function userCache(): string {
  if (Deno.build.os === "windows") return Deno.env.get("LOCALAPPDATA") ?? "C:\\Temp";
  const xdg = Deno.env.get("XDG_CACHE_HOME");
  return xdg?.startsWith("/") ? xdg : `${Deno.env.get("HOME") ?? "/root"}/.cache`;
}

/** Runs `task` while no other process runs a task under the same name. */
export async function exclusively<T>(name: string, task: () => Promise<T>): Promise<T> {
  using file = await Deno.open(`${cacheFolder()}/${name}.lock`, { write: true, create: true });
  if (!await file.tryLock(true)) {
    console.error(`rig: waiting for another run that makes ${name}`);
    await file.lock(true);
  }
  return await task();
}

/**
 * Returns the path of a cached folder, made by `make` when it is not there yet.
 *
 * It is made under another name and then renamed, so that what an interrupted run leaves
 * behind is never taken for the finished thing.
 */
export async function cached(
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = `${cacheFolder()}/${name}`;
  return await exclusively(name, async () => {
    if (await exists(folder)) return folder;
    await removeFolder(`${folder}.tmp`);
    await make(`${folder}.tmp`);
    await Deno.rename(`${folder}.tmp`, folder);
    return folder;
  });
}

/** Runs `task` with a folder of its own in the cache, which is removed afterwards. */
export async function withRunFolder<T>(task: (folder: string) => Promise<T>): Promise<T> {
  await sweep();
  const folder = await Deno.makeTempDir({ dir: cacheFolder(), prefix: "run-" });
  try {
    return await task(folder);
  } finally {
    await removeFolder(folder);
  }
}

/** Whether there is a file or folder at `path`. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

const DAY = 24 * 60 * 60 * 1000;

/** Removes the folders of runs that were killed before they could do it. */
async function sweep(): Promise<void> {
  for await (const { name } of Deno.readDir(cacheFolder())) {
    if (!name.startsWith("run-")) continue;
    const path = `${cacheFolder()}/${name}`;
    const info = await Deno.lstat(path).catch(() => null);
    if (info?.mtime && Date.now() - info.mtime.getTime() > DAY) await removeFolder(path);
  }
}

async function removeFolder(path: string): Promise<void> {
  if (await exists(path)) await Deno.remove(path, { recursive: true });
}

/** The paths, relative to the repository, of the files below one of its folders, in order. */
export async function filesUnder(
  folder: string,
  isWanted: (name: string) => boolean,
): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${REPOSITORY}/${folder}`)) {
    const path = `${folder}/${name}`;
    if (isDirectory) files.push(...await filesUnder(path, isWanted));
    else if (isWanted(name)) files.push(path);
  }
  return files.sort();
}

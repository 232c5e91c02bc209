// What is in a password store, by the names of its files.

import { findIn, inStore, orNull } from "./location.ts";
import { SUFFIX } from "./names.ts";

const TEMPORARY = /^\.os-keyring-[\da-f-]{36}\.tmp$/;

/** The paths of all entries, also in folders that are links. */
export async function* listAll(root: string): AsyncGenerator<string> {
  for await (const { path, name } of walk(root)) {
    if (isEntry(name)) yield path.slice(0, -SUFFIX.length);
  }
}

/** The paths of the entries in one folder. */
export async function listFolder(root: string, folder: string): Promise<string[]> {
  const found = await findIn(root, () => Array.fromAsync(Deno.readDir(`${root}/${folder}`)));
  return (found ?? [])
    .filter(({ name, isDirectory }) => !isDirectory && isEntry(name))
    .map(({ name }) => `${folder}/${name.slice(0, -SUFFIX.length)}`);
}

/** Removes what interrupted writes left. */
export async function pruneAll(root: string, graceMs: number): Promise<number> {
  let count = 0;
  for await (const { path, name } of walk(root)) {
    if (!TEMPORARY.test(name)) continue;
    const file = `${root}/${path}`;
    await inStore(root, "write", async () => {
      const info = await orNull(Deno.lstat(file));
      if (!info?.isFile || Date.now() - (info.mtime?.getTime() ?? 0) < graceMs) return;
      await orNull(Deno.remove(file));
      count++;
    });
  }
  return count;
}

async function* walk(root: string): AsyncGenerator<{ path: string; name: string }> {
  const folders = [""];
  const links: string[] = [];
  const seen = new Set<string>();
  while (folders.length + links.length > 0) {
    const folder = folders.pop() ?? links.shift() ?? "";
    // A link can lead back to where it is.
    const real = await findIn(root, () => Deno.realPath(`${root}/${folder}`));
    if (real === null || seen.has(real)) continue;
    seen.add(real);
    for (const entry of await findIn(root, () => Array.fromAsync(Deno.readDir(real))) ?? []) {
      const { name, isDirectory, isSymlink } = entry;
      const path = folder === "" ? name : `${folder}/${name}`;
      const isFolder = isDirectory || (isSymlink && await isDirectoryAt(`${real}/${name}`));
      if (!isFolder) yield { path, name };
      else if (!name.startsWith(".")) (isSymlink ? links : folders).push(path);
    }
  }
}

function isEntry(name: string): boolean {
  return name.endsWith(SUFFIX) && !name.startsWith(".");
}

async function isDirectoryAt(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}

// A change of one file and its commit: both take place, or neither.

import type { StoreFiles } from "./files.ts";
import type { Git } from "./git.ts";

/** What a file held, and what it is to hold; `null` is no file. */
export interface Change {
  path: string;
  file: string;
  old: Uint8Array | null;
  new: Uint8Array | null;
}

/** Makes a change; `false` where the file is another by now. */
export async function makeChange(
  files: StoreFiles,
  git: Git | undefined,
  change: Change,
  signal?: AbortSignal,
): Promise<boolean> {
  if (!await apply(files, change)) return false;
  if (!git) return true;
  const { path, file, old } = change;
  const message = change.new
    ? `Add given password for ${path} to store.`
    : `Remove ${path} from store.`;
  try {
    await git.commit(file, message, signal);
  } catch (error) {
    // Only a hook after the commit may have failed to end.
    if (await git.isCommitted(file)) throw error;
    await apply(files, { path, file, old: change.new, new: old });
    await git.unstage(file);
    throw error;
  }
  return true;
}

async function apply(files: StoreFiles, { file, old, new: bytes }: Change): Promise<boolean> {
  if (bytes) return await files.replace(file, bytes, old);
  await files.remove(file);
  return true;
}

import { mayRead } from "../../lib/environment.ts";
import { readFlag } from "./files.ts";
import { fileLocation, folderOf } from "./location.ts";

/** What {@linkcode probeFile} found. */
export interface FileProbe {
  viable: boolean;
  reason?: string;
  /** The Deno flag that is missing. */
  flag?: string;
}

/** Finds out whether there is an encrypted file, without opening it. */
export async function probeFile(): Promise<FileProbe> {
  const missing = "a Deno permission is missing";
  const location = fileLocation();
  if (!location) return { viable: false, reason: missing, flag: "--allow-env=KEYRING_FILE" };
  const { path } = location;
  if (!mayRead(folderOf(path))) return { viable: false, reason: missing, flag: readFlag(path) };
  try {
    if ((await Deno.stat(path)).isFile) return { viable: true };
    return { viable: false, reason: `"${path}" is not a file` };
  } catch {
    return { viable: false, reason: `there is no encrypted file at "${path}": keyring file init` };
  }
}

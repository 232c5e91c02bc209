// Who else could read or change a file. Windows has no such bits: there the lists of the user's
// profile keep others out.

import { FileError } from "./file_error.ts";
import { folderOf } from "./location.ts";

export function checkFile(what: string, path: string, info: Deno.FileInfo): void {
  if (Deno.build.os === "windows" || info.mode === null || !info.isFile) return;
  // systemd lets a service read its credentials, which are root's, by an access list: that shows
  // as this mode.
  const isCredential = info.uid === 0 && info.gid === 0 && (info.mode & 0o777) === 0o440;
  if ((info.mode & 0o077) === 0 || isCredential) return;
  throw new FileError("other", `others can read or change ${what} "${path}" (${octal(info)})`, {
    advice: `Mend it with: chmod 600 ${shellWord(path)}`,
  });
}

export async function checkFolder(file: string, own: boolean): Promise<void> {
  if (Deno.build.os === "windows") return;
  const folder = folderOf(file);
  const info = await Deno.stat(folder);
  const mode = info.mode ?? 0;
  if ((mode & (own ? 0o077 : 0o022)) === 0) return;
  const advice = mode & 0o1000
    ? "Keep the encrypted file in a folder of its own."
    : `Mend it with: chmod ${own ? "700" : "go-w"} ${shellWord(folder)}`;
  const can = own ? "look into" : "change";
  const reason = `others can ${can} the folder of the encrypted file, "${folder}" (${octal(info)})`;
  throw new FileError("other", reason, { advice });
}

function octal({ mode }: Deno.FileInfo): string {
  return `mode ${((mode ?? 0) & 0o7777).toString(8).padStart(4, "0")}`;
}

function shellWord(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

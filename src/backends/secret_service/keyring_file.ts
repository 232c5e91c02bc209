// How GNOME Keyring keeps the default keyring. One without a password is a file of lines in which
// secrets are not escaped: when the daemon starts again, a line break in one has destroyed the whole
// file, and backslashes and leading blanks come back changed (gkm-secret-textual.c).

import { lookUp, mayRead } from "../../lib/environment.ts";

export type FileKind = "encrypted" | "plain" | "unknown";

const ENCRYPTED = "GnomeKeyring\n\r\0\n";
const PLAIN = "[keyring]";

/** Looks at the file of the default keyring, if that is allowed: asks for no permission. */
export async function defaultFileKind(): Promise<FileKind> {
  const folder = keyringFolder();
  if (folder === undefined || !mayRead(folder)) return "unknown";
  try {
    const start = await startOf(`${folder}/${await defaultName(folder)}.keyring`);
    if (start.startsWith(ENCRYPTED)) return "encrypted";
    return start.startsWith(PLAIN) ? "plain" : "unknown";
  } catch {
    return "unknown";
  }
}

// A variable that cannot be read is not one that is unset.
function keyringFolder(): string | undefined {
  const [data, home] = [lookUp("XDG_DATA_HOME"), lookUp("HOME")];
  if (data.state === "set") return `${data.value}/keyrings`;
  if (data.state !== "unset" || home.state !== "set") return undefined;
  return `${home.value}/.local/share/keyrings`;
}

async function defaultName(folder: string): Promise<string> {
  try {
    return (await Deno.readTextFile(`${folder}/default`)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "login";
    throw error;
  }
}

async function startOf(path: string): Promise<string> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(ENCRYPTED.length);
  const length = await file.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, length));
}

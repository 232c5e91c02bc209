/**
 * Building dev/probe/credential_probe.c, the party of the Windows tests that is not ours.
 *
 * @module
 */

import { cached, REPOSITORY } from "./cache.ts";
import { needPrograms } from "./debian.ts";
import { announce, mustRun, RigUnavailableError } from "./process.ts";

/** The program's file name. */
export const PROBE = "credential_probe.exe";

/** Where the Wine rig shows the program when its folder is mounted as `probe`. */
export const WINE_PROBE = `Z:\\mnt\\probe\\${PROBE}`;

/** Builds the program and returns its folder, or says why not and returns `null`. */
export async function buildProbe(): Promise<string | null> {
  const source = `${REPOSITORY}/dev/probe/credential_probe.c`;
  const windows = Deno.build.os === "windows";
  const compiler = windows ? "gcc" : "x86_64-w64-mingw32-gcc";
  try {
    if (!windows) await needPrograms([compiler]);
    return await cached(`probe-${await digest(source)}`, async (folder) => {
      await Deno.mkdir(folder);
      const output = `${folder}/${PROBE}`;
      await mustRun(compiler, ["-O2", "-municode", "-o", output, source, "-ladvapi32"]);
    });
  } catch (error) {
    if (!(error instanceof RigUnavailableError)) throw error;
    announce(`no C program to cross-check with: ${error.message}`);
    return null;
  }
}

async function digest(path: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(hash).toHex().slice(0, 12);
}

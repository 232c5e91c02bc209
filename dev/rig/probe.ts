/**
 * Building the C programs that call the Credential Manager without this library: the other party of
 * the Windows tests, and the floor of the benchmark.
 *
 * @module
 */

import { cached, REPOSITORY } from "./cache.ts";
import { needPrograms } from "./debian.ts";
import { mustRun } from "./process.ts";

/** Builds a Windows program of one C file and returns its folder. */
export async function buildProgram(path: string): Promise<string> {
  const source = `${REPOSITORY}/${path}`;
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/\.c$/, "");
  const windows = Deno.build.os === "windows";
  const compiler = windows ? "gcc" : "x86_64-w64-mingw32-gcc";
  if (!windows) await needPrograms([compiler]);
  return await cached(`${name}-${await digest(source)}`, async (folder) => {
    await Deno.mkdir(folder);
    const output = `${folder}/${name}.exe`;
    await mustRun(compiler, ["-O2", "-municode", "-o", output, source, "-ladvapi32"]);
  });
}

async function digest(path: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(hash).toHex().slice(0, 12);
}

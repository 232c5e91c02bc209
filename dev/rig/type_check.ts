/**
 * Checking the types of the tests and of all that they test, once for all groups.
 *
 * @module
 */

import { filesUnder, REPOSITORY } from "./cache.ts";
import { run } from "./process.ts";

/** Checks these files, or all of the repository; returns whether their types are right. */
export async function checkTypes(paths: string[]): Promise<boolean> {
  const files = paths.length > 0 ? paths : await allFiles();
  return await run(Deno.execPath(), ["check", "--quiet", ...files], { cwd: REPOSITORY }) === 0;
}

// The same files as .ci/run checks, in the same order: then Deno remembers the result.
async function allFiles(): Promise<string[]> {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", "*.ts"];
  try {
    const { success, stdout } = await new Deno.Command("git", { args, cwd: REPOSITORY }).output();
    if (success) return new TextDecoder().decode(stdout).trim().split("\n");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return await filesUnder("tests", (name) => name.endsWith("_test.ts"));
}

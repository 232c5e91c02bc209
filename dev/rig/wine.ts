/**
 * Running Windows programs, the Windows build of Deno first of all, under Wine.
 *
 * @module
 */

import { cacheFolder, exclusively, filesUnder, REPOSITORY, withRunFolder } from "./cache.ts";
import { announce, mustRun, run } from "./process.ts";
import { prepareWine, sessionCommand, WINE } from "./wine_tree.ts";

/** Options of {@linkcode runInWine}. */
export interface WineOptions {
  /** A Windows program on this machine to run instead of Deno. */
  exe?: string;
  /** Variables for the program. */
  env?: Record<string, string>;
  /** Folders that the program sees, and may write to, by their name there: `Z:\mnt\<name>`. */
  mounts?: Record<string, string>;
  /** Run without standard input, in a process group of its own. */
  group?: boolean;
  /** Use one core only. */
  oneCore?: boolean;
}

/**
 * Runs the Windows build of Deno with `args` and returns its exit code.
 *
 * It sees the repository, read-only, as its working folder. The Wine prefix, the home folder and
 * Deno's cache are this run's own and are gone afterwards, and so is every process.
 */
export async function runInWine(args: string[], options: WineOptions = {}): Promise<number> {
  const { tree, deno, prefix } = await prepareWine();
  return await withRunFolder(async (folder) => {
    const exe = options.exe ? await Deno.realPath(options.exe) : `${deno}/deno.exe`;
    const slash = exe.lastIndexOf("/");
    await Deno.mkdir(`${folder}/mnt/home/prefix/drive_c`, { recursive: true });
    await copyPrefix(prefix, `${folder}/mnt/home/prefix`);
    await copyModules(`${folder}/mnt/deno_dir`);
    await Deno.symlink(`${prefix}/drive_c/windows`, `${folder}/mnt/windows`);
    await Deno.symlink(exe.slice(0, slash), `${folder}/mnt/exe`);
    for (const [name, path] of Object.entries(options.mounts ?? {})) {
      await Deno.symlink(await Deno.realPath(path), `${folder}/mnt/${name}`);
    }
    const variables = Object.entries(options.env ?? {}).map(([name, value]) => `${name}=${value}`);
    const command = [...variables, WINE, `/mnt/exe/${exe.slice(slash + 1)}`, ...args];
    const session = ["setpriv", ...sessionCommand(tree, folder, command)];
    const [program = "", ...rest] = options.oneCore ? ["taskset", "-c", "0", ...session] : session;
    return await run(program, rest, {
      stopSignal: "SIGKILL",
      stdin: !options.group,
      group: options.group === true,
    });
  });
}

/** Copies a prefix without Wine's own files, which all runs share. */
async function copyPrefix(from: string, to: string): Promise<void> {
  for await (const { name } of Deno.readDir(from)) {
    if (name !== "drive_c") await mustRun("cp", ["-a", `${from}/${name}`, to]);
  }
  for await (const { name } of Deno.readDir(`${from}/drive_c`)) {
    if (name !== "windows") await mustRun("cp", ["-a", `${from}/drive_c/${name}`, `${to}/drive_c`]);
  }
}

/** Fills a module cache with what the tests import, and copies it for one run. */
async function copyModules(to: string): Promise<void> {
  const modules = `${cacheFolder()}/deno_dir`;
  await exclusively("deno_dir", async () => {
    await Deno.mkdir(modules, { recursive: true });
    const entries = ["dev/std/assert/mod.js", "dev/std/cli/parse_args.js", ...await testModules()];
    const code = await run(Deno.execPath(), ["cache", "--quiet", ...entries], {
      env: { DENO_DIR: modules },
      cwd: REPOSITORY,
    });
    if (code !== 0) announce("not every module of the tests could be fetched");
    await mustRun("cp", ["-a", modules, to]);
  });
}

async function testModules(): Promise<string[]> {
  return await filesUnder("tests", (name) => name.endsWith(".ts"));
}

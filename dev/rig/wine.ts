/**
 * Running Windows programs, the Windows build of Deno first of all, under Wine.
 *
 * @module
 */

import { WIDTH_PACKAGE } from "../../src/cli/text_width.ts";
import { CSV_PACKAGE } from "../../src/records/csv_records.ts";
import { cacheFolder, exclusively, filesUnder, REPOSITORY, withRunFolder } from "./cache.ts";
import { announce, mustRun, run } from "./process.ts";
import { type Tool, variableOf } from "./tools.ts";
import { prepareWine, sessionCommand, WINE } from "./wine_tree.ts";

/** Options of {@linkcode runInWine}. */
export interface WineOptions {
  /** A Windows program on this machine to run instead of Deno. */
  exe?: string;
  /** Variables for the program. */
  env?: Record<string, string>;
  /** Folders that the program sees, and may write to, by their name there: `Z:\mnt\<name>`. */
  mounts?: Record<string, string>;
  /** What the tests find by their variables. */
  tools?: Tool[];
  /** Run without standard input, in a process group of its own. */
  group?: boolean;
  /** Use one core only. */
  oneCore?: boolean;
}

/** Stops everything under Wine; `unshare` listens to nothing milder. */
export const WINE_STOP_SIGNAL = "SIGKILL";

/**
 * Runs the Windows build of Deno with `args` and returns its exit code.
 *
 * It sees the repository, read-only, as its working folder. The Wine prefix, the home folder and
 * Deno's cache are this run's own and are gone afterwards, and so is every process.
 */
export async function runInWine(args: string[], options: WineOptions = {}): Promise<number> {
  await cacheModules();
  return await withRunFolder(async (folder) => {
    const [program = "", ...rest] = await wineCommand(folder, args, options);
    return await run(program, rest, {
      stopSignal: WINE_STOP_SIGNAL,
      stdin: !options.group,
      group: options.group === true,
    });
  });
}

/** Fills a folder of this run, and returns the command that runs there what `runInWine` would. */
export async function wineCommand(
  folder: string,
  args: string[],
  options: WineOptions = {},
): Promise<string[]> {
  const { tree, deno, prefix } = await prepareWine();
  const exe = options.exe ? await Deno.realPath(options.exe) : `${deno}/deno.exe`;
  const slash = exe.lastIndexOf("/");
  await Deno.mkdir(`${folder}/mnt/home/prefix/drive_c`, { recursive: true });
  await copyPrefix(prefix, `${folder}/mnt/home/prefix`);
  await exclusively("deno_dir", () => mustRun("cp", ["-a", modules(), `${folder}/mnt/deno_dir`]));
  await Deno.symlink(`${prefix}/drive_c/windows`, `${folder}/mnt/windows`);
  await Deno.symlink(exe.slice(0, slash), `${folder}/mnt/exe`);
  const { env, mounts } = withTools(options);
  for (const [name, path] of Object.entries(mounts)) {
    await Deno.symlink(await Deno.realPath(path), `${folder}/mnt/${name}`);
  }
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const command = [...variables, WINE, `/mnt/exe/${exe.slice(slash + 1)}`, ...args];
  const session = ["setpriv", ...sessionCommand(tree, folder, command)];
  return options.oneCore ? ["taskset", "-c", "0", ...session] : session;
}

function withTools({ env = {}, mounts = {}, tools = [] }: WineOptions) {
  for (const tool of tools) {
    if (!tool.folder) continue;
    const path = tool.path === undefined ? "" : `\\${tool.path.replaceAll("/", "\\")}`;
    env = { [variableOf(tool)]: `Z:\\mnt\\${tool.name}${path}`, ...env };
    mounts = { [tool.name]: tool.folder, ...mounts };
  }
  return { env, mounts };
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

function modules(): string {
  return `${cacheFolder()}/deno_dir`;
}

/** Fills the module cache of which each run gets a copy with what the tests import. */
export async function cacheModules(): Promise<void> {
  const tests = await filesUnder("tests", (name) => name.endsWith(".ts"));
  // The last ones are imported by no literal, so that nothing else would fetch them.
  const packages = [CSV_PACKAGE, WIDTH_PACKAGE];
  const entries = ["dev/std/assert/mod.js", "dev/std/cli/parse_args.js", ...tests, ...packages];
  await exclusively("deno_dir", async () => {
    await Deno.mkdir(modules(), { recursive: true });
    const code = await run(Deno.execPath(), ["cache", "--quiet", ...entries], {
      env: { DENO_DIR: modules() },
      cwd: REPOSITORY,
    });
    if (code !== 0) announce("not every module of the tests could be fetched");
  });
}

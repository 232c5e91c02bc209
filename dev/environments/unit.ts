import { denoFolder, type Environment } from "../rig/environment.ts";
import { toolVariables } from "../rig/tools.ts";

/** This system as it is, with the test files side by side or one after the other. */
export function thisSystem(title: string, isParallel: boolean): Environment {
  return {
    title,
    systems: ["linux", "darwin", "windows"],
    prepare: () => Promise.resolve(),
    async command({ files, folder, tools, variables }) {
      const flags = ["-A", "--no-check", `--junit-path=${folder}/junit.xml`];
      const command = [Deno.execPath(), "test", ...flags];
      const env = { ...toolVariables(tools), ...variables };
      if (Deno.build.os === "linux") {
        // Nothing here touches a store, so that order does not matter.
        if (isParallel) command.push("--parallel");
        // Many a file waits for other programs most of its time.
        const DENO_JOBS = `${2 * navigator.hardwareConcurrency}`;
        Object.assign(env, { DENO_JOBS, ...await privateHome(folder) });
      } else if (Deno.build.os === "darwin") {
        env.KEYRING_TEST_KEYCHAIN = "1";
      }
      return { command: [...command, ...files], env };
    },
  };
}

async function privateHome(folder: string): Promise<Record<string, string>> {
  const home = `${folder}/home`;
  await Deno.mkdir(`${home}/runtime`, { recursive: true, mode: 0o700 });
  return {
    DENO_DIR: await denoFolder(),
    HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_DATA_HOME: home,
    XDG_RUNTIME_DIR: `${home}/runtime`,
  };
}

export default thisSystem("this system as it is, without a session", true);

/**
 * An environment that is a private desktop session of `dev/`: a script that runs a command in it.
 *
 * @module
 */

import { REPOSITORY } from "./cache.ts";
import { needPrograms } from "./debian.ts";
import { denoFolder, type Environment } from "./environment.ts";
import { mustRun } from "./process.ts";
import { toolVariables } from "./tools.ts";

/** Describes the session of the script `dev/NAME_session.sh`, which needs these programs. */
export function session(name: string, title: string, programs: string[]): Environment {
  const script = `${REPOSITORY}/dev/${name}_session.sh`;
  return {
    title,
    systems: ["linux"],
    async prepare() {
      await needPrograms(programs);
      await mustRun(script, ["true"]);
    },
    async command({ files, folder, tools, variables }) {
      const flags = ["-A", "--no-check", `--junit-path=${folder}/junit.xml`];
      return {
        command: [
          `${REPOSITORY}/dev/${name}_session.sh`,
          Deno.execPath(),
          "test",
          ...flags,
          ...files,
        ],
        env: { DENO_DIR: await denoFolder(), ...toolVariables(tools), ...variables },
      };
    },
  };
}

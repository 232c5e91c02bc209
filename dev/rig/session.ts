/**
 * An environment that is a private desktop session of `dev/`: a script that runs a command in it.
 *
 * @module
 */

import { REPOSITORY } from "./cache.ts";
import { installAll } from "./debian.ts";
import { denoFolder, type Environment } from "./environment.ts";
import { parseNeed } from "./heads.ts";
import { mustRun } from "./process.ts";
import { toolVariables } from "./tools.ts";

/** What a session has beside its programs. */
export interface SessionOptions {
  /** Prepares what it needs, and returns the variables that tell the script. */
  variables?(): Promise<Record<string, string>>;
}

/** The session of the script `dev/NAME_session.sh`; it needs these programs, named as by `@needs`. */
export function session(
  name: string,
  title: string,
  programs: string[],
  { variables: prepared = () => Promise.resolve({}) }: SessionOptions = {},
): Environment {
  const script = `${REPOSITORY}/dev/${name}_session.sh`;
  return {
    title,
    systems: ["linux"],
    async prepare() {
      await installAll(programs.map(parseNeed));
      await mustRun(script, ["true"], { env: await prepared() });
    },
    async command({ files, folder, tools, variables }) {
      const flags = ["-A", "--no-check", `--junit-path=${folder}/junit.xml`];
      return {
        command: [script, Deno.execPath(), "test", ...flags, ...files],
        env: {
          DENO_DIR: await denoFolder(),
          ...toolVariables(tools),
          ...await prepared(),
          ...variables,
        },
      };
    },
  };
}

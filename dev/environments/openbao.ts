import { REPOSITORY } from "../rig/cache.ts";
import { denoFolder, type Environment } from "../rig/environment.ts";
import { installOpenBao, PROGRAM } from "../rig/openbao.ts";

const environment: Environment = {
  title: "a development server of OpenBao",
  systems: ["linux"],
  async prepare() {
    await installOpenBao();
  },
  async command({ files, folder, variables }) {
    const session = [Deno.execPath(), "run", "-A", `${REPOSITORY}/dev/openbao_session.ts`];
    const flags = ["-A", "--no-check", "--parallel", `--junit-path=${folder}/junit.xml`];
    const KEYRING_TEST_OPENBAO = `${await installOpenBao()}/${PROGRAM}`;
    return {
      command: [...session, Deno.execPath(), "test", ...flags, ...files],
      env: { DENO_DIR: await denoFolder(), KEYRING_TEST_OPENBAO, ...variables },
    };
  },
};

export default environment;

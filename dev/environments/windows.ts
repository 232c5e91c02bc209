import type { Environment } from "../rig/environment.ts";
import { cacheModules, WINE_STOP_SIGNAL, wineCommand } from "../rig/wine.ts";
import { prepareWine } from "../rig/wine_tree.ts";

const environment: Environment = {
  title: "the Windows build of Deno under Wine",
  systems: ["linux"],
  async prepare() {
    await prepareWine();
    await cacheModules();
  },
  async command({ files, folder, tools, variables }) {
    const flags = ["-A", "--no-check", "--cached-only", "--junit-path=Z:\\mnt\\out\\junit.xml"];
    const command = await wineCommand(`${folder}/wine`, ["test", ...flags, ...files], {
      env: variables,
      mounts: { out: folder },
      tools,
    });
    return { command, stopSignal: WINE_STOP_SIGNAL };
  },
};

export default environment;

import { cached } from "../rig/cache.ts";
import { announce, mustRun } from "../rig/process.ts";

const PACKAGE = "@azure/keyvault-secrets@4.12.0";

/** Fetches Microsoft's own client of Key Vaults; its folder is one of packages from npm. */
export default async function prepare(): Promise<{ folder: string }> {
  const folder = await cached(`azure-sdk-${PACKAGE.split("@").at(-1)}`, async (folder) => {
    announce("fetching Microsoft's client of Key Vaults from npm (once)");
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/package.json`, "{}");
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    await mustRun("npm", ["install", ...flags, PACKAGE], { cwd: folder });
  });
  return { folder };
}

import { RigUnavailableError, succeeds } from "../rig/process.ts";

/** Looks whether Deno can download a package from npm, which a test with an empty cache does. */
export default async function prepare(): Promise<Record<never, never>> {
  const folder = await Deno.makeTempDir();
  try {
    const env = { DENO_DIR: folder };
    const args = ["cache", "--quiet", "--no-config", "--no-lock", "npm:tslib@2"];
    if (await succeeds(Deno.execPath(), args, env)) return {};
    throw new RigUnavailableError("Deno cannot download from npm");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

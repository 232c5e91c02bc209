import { cached } from "../rig/cache.ts";
import { announce, mustRun, RigUnavailableError } from "../rig/process.ts";

const VERSION = "25.7.0";

/** Fetches Python's keyring for Windows itself. Its path is Python's, which imports it. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  if (Deno.build.os !== "windows") {
    throw new RigUnavailableError("there is no Python under Wine", { impossible: true });
  }
  return {
    folder: await cached(`python-keyring-${VERSION}`, install),
    path: "Scripts\\python.exe",
  };
}

async function install(folder: string): Promise<void> {
  announce(`fetching Python's keyring ${VERSION} from PyPI (once)`);
  await mustRun("python", ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  await mustRun(`${folder}\\Scripts\\python.exe`, [...pip, `keyring==${VERSION}`]);
}

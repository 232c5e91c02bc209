import { cached } from "../rig/cache.ts";
import { installAll } from "../rig/debian.ts";
import { announce, mustRun } from "../rig/process.ts";

const VERSION = "0.13.9";

/** Fetches uv. Its path is that of the program. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  return { folder: await cached(`uv-${VERSION}`, install), path: "bin/uv" };
}

async function install(folder: string): Promise<void> {
  await installAll([{ name: "python3:ensurepip", package: "python3-venv" }]);
  announce(`fetching uv ${VERSION} from PyPI (once)`);
  await mustRun("/usr/bin/python3", ["-m", "venv", folder]);
  const flags = ["--quiet", "--disable-pip-version-check"];
  await mustRun(`${folder}/bin/python3`, ["-m", "pip", "install", ...flags, `uv==${VERSION}`]);
}

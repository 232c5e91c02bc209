import { cached } from "../rig/cache.ts";
import { installAll } from "../rig/debian.ts";
import { announce, mustRun } from "../rig/process.ts";

const VERSION = "25.7.0";

/** Fetches a newer version of Python's keyring than Debian 12 has. Its path is Python's, which imports it. */
export default async function prepare(): Promise<{ folder: string; path: string }> {
  return { folder: await cached(`python-keyring-${VERSION}`, install), path: "bin/python3" };
}

async function install(folder: string): Promise<void> {
  if (Deno.build.os === "linux") {
    // Debian's dbus is used, since that of PyPI must be compiled.
    await installAll([
      { name: "python3:ensurepip", package: "python3-venv" },
      { name: "python3:dbus", package: "python3-dbus" },
    ]);
  }
  announce(`fetching Python's keyring ${VERSION} from PyPI (once)`);
  await mustRun("/usr/bin/python3", ["-m", "venv", "--system-site-packages", folder]);
  const flags = ["--quiet", "--disable-pip-version-check", "--ignore-installed"];
  const pip = ["-m", "pip", "install", ...flags, `keyring==${VERSION}`];
  await mustRun(`${folder}/bin/python3`, pip);
}

/**
 * Installing what a rig needs, where that can be done without asking: as root on Debian.
 *
 * @module
 */

import { announce, mustRun, RigUnavailableError, run, succeeds } from "./process.ts";
import { exclusively, exists } from "./cache.ts";

/** Programs that rigs use, and the Debian package of each. */
const PACKAGES: Record<string, string> = {
  "dbus-run-session": "dbus",
  "gnome-keyring-daemon": "gnome-keyring",
  "secret-tool": "libsecret-tools",
  "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32",
  debootstrap: "debootstrap",
  gdbus: "libglib2.0-bin",
  "python3-keyring": "python3-keyring python3-pytest",
  strace: "strace",
  Xvfb: "xvfb",
  xdotool: "xdotool",
  "/usr/libexec/gcr-prompter": "gcr",
};

/** Stands for the Python module in lists of programs. */
export const PYTHON_KEYRING = "python3-keyring";

/** Installs the packages of those of `programs` that are missing, or says why it cannot. */
export async function needPrograms(programs: string[]): Promise<void> {
  const missing = await missingOf(programs);
  if (missing.length === 0) return;
  const packages = missing.flatMap((program) => (PACKAGES[program] ?? program).split(" "));
  if (Deno.uid() !== 0 || !(await exists("/etc/debian_version"))) {
    throw new RigUnavailableError(
      `${missing.join(", ")} not installed, and only root on Debian can have it installed ` +
        `(apt-get install ${packages.join(" ")})`,
    );
  }
  await exclusively("apt", () => install(packages));
  const still = await missingOf(programs);
  if (still.length > 0) {
    throw new RigUnavailableError(`${still.join(", ")} still missing after apt-get install`);
  }
}

async function install(packages: string[]): Promise<void> {
  announce(`installing ${packages.join(" ")} with apt-get`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...packages];
  if (await run("apt-get", args, { quiet: true, env }) === 0) return;
  announce("updating the package lists first");
  await mustRun("apt-get", ["update", "-qq"], { env });
  await mustRun("apt-get", args, { env });
}

async function missingOf(programs: string[]): Promise<string[]> {
  const missing = [];
  for (const program of programs) if (!(await isInstalled(program))) missing.push(program);
  return missing;
}

async function isInstalled(program: string): Promise<boolean> {
  // Debian's Python, which need not be the first one on the path.
  if (program === PYTHON_KEYRING) {
    return await succeeds("/usr/bin/python3", ["-c", "import keyring, secretstorage, pytest"]);
  }
  return await succeeds("sh", ["-c", 'command -v "$1"', "sh", program]);
}

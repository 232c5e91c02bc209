/**
 * Installing what a rig needs, where that can be done without asking: as root on Debian.
 *
 * @module
 */

import { announce, isInstalled, mustRun, RigUnavailableError, run } from "./process.ts";
import { exclusively, exists } from "./cache.ts";

/** Programs that rigs use, and the Debian package of each. */
const PACKAGES: Record<string, string> = {
  "dbus-run-session": "dbus",
  "gnome-keyring-daemon": "gnome-keyring",
  "secret-tool": "libsecret-tools",
  gdbus: "libglib2.0-bin",
  debootstrap: "debootstrap",
  keyring: "python3-keyring",
};

/** Installs the packages of those of `programs` that are missing, or says why it cannot. */
export async function needPrograms(programs: string[]): Promise<void> {
  const missing = await missingOf(programs);
  if (missing.length === 0) return;
  const packages = missing.map((program) => PACKAGES[program] ?? program);
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
  for (const program of programs) {
    if (!(await isInstalled(program))) missing.push(program);
  }
  return missing;
}

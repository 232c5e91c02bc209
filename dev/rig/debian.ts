/**
 * Installing what a rig needs, where that can be done without asking: as root on Debian.
 *
 * @module
 */

import { announce, RigUnavailableError, succeeds } from "./process.ts";
import { exclusively, exists } from "./cache.ts";
import type { Need } from "./heads.ts";

/** Programs that rigs use whose Debian package has another name. */
const PACKAGES: Record<string, string> = {
  "dbus-run-session": "dbus",
  "gnome-keyring-daemon": "gnome-keyring",
  "secret-tool": "libsecret-tools",
  "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64-win32",
  "python3:keyring": "python3-keyring",
};

/** Stands for the Python module in lists of programs. */
export const PYTHON_KEYRING = "python3:keyring";

/** Installs the packages of those of `programs` that are missing, or says why it cannot. */
export async function needPrograms(programs: string[]): Promise<void> {
  await installAll(programs.map((name) => ({ name, package: PACKAGES[name] ?? name })));
}

/** Installs all that is missing, or says why it cannot. */
export async function installAll(needs: Need[]): Promise<void> {
  for (const error of (await installMissing(needs)).values()) throw error;
}

/** Installs what is missing, and returns what still is, with the reason. */
export async function installMissing(needs: Need[]): Promise<Map<string, RigUnavailableError>> {
  const missing = await missingOf(needs);
  const problems = new Map<string, RigUnavailableError>();
  if (missing.length === 0) return problems;
  if (Deno.uid() !== 0 || !(await exists("/etc/debian_version"))) {
    for (const need of missing) {
      const reason =
        `${need.name} is not installed, and only root on Debian can have it installed ` +
        `(apt-get install ${need.package})`;
      problems.set(need.name, new RigUnavailableError(reason, { impossible: true }));
    }
    return problems;
  }
  // One by one when they cannot be had together, so that one of them takes no other along.
  const install = (some: Need[]) => exclusively("apt", () => installPackages(some));
  let problem = await install(missing);
  for (const need of await missingOf(missing)) {
    if (missing.length > 1) problem = await install([need]);
    if ((await missingOf([need])).length === 0) continue;
    const reason = problem ?? "it is still missing after apt-get install";
    problems.set(need.name, new RigUnavailableError(`${need.name}: ${reason}`));
  }
  return problems;
}

/** Installs packages; returns why that failed. */
async function installPackages(needs: Need[]): Promise<string | undefined> {
  const packages = [...new Set(needs.flatMap((need) => need.package.split(" ")))];
  announce(`installing ${packages.join(" ")} with apt-get`);
  const args = ["install", "-y", "-qq", "--no-install-recommends", ...packages];
  if (await apt(args) === undefined) return;
  announce("updating the package lists first");
  return await apt(["update", "-qq"]) ?? await apt(args);
}

const LOCKED = /Could not get lock|Unable to (acquire|lock)|is another process using it/;

/** How apt-get is run, and how long another one is waited for. */
export interface AptOptions {
  run?: (args: string[]) => Promise<{ code: number; stderr: string }>;
  limitMs?: number;
  pauseMs?: number;
}

/** Runs apt-get, when need be after another process that holds its locks; returns why it failed. */
export async function apt(
  args: string[],
  { run = aptGet, limitMs = 10 * 60_000, pauseMs = 2_000 }: AptOptions = {},
): Promise<string | undefined> {
  const end = Date.now() + limitMs;
  for (let waiting = false;; waiting = true) {
    const { code, stderr } = await run(args);
    if (code === 0) return undefined;
    const reason = stderr.trim().split("\n").find((line) => line.startsWith("E:")) ??
      `exit code ${code}`;
    if (!LOCKED.test(stderr) || Date.now() > end) return `apt-get failed: ${reason}`;
    if (!waiting) announce(`waiting for another process that uses apt (${reason})`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function aptGet(args: string[]): Promise<{ code: number; stderr: string }> {
  const { code, stderr } = await new Deno.Command("apt-get", {
    args,
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

async function missingOf(needs: Need[]): Promise<Need[]> {
  const missing = [];
  for (const need of needs) if (!(await isInstalled(need.name))) missing.push(need);
  return missing;
}

async function isInstalled(name: string): Promise<boolean> {
  if (name.startsWith("python3:")) {
    // Debian's Python, which need not be the first one on the path.
    return await succeeds("/usr/bin/python3", ["-c", `import ${name.slice("python3:".length)}`]);
  }
  if (name.startsWith("/")) return await exists(name);
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    if (await exists(`${folder}/${name}`)) return true;
  }
  return false;
}

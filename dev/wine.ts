/**
 * Runs the Windows build of Deno, or another Windows program, under Wine:
 *
 * ```sh
 * deno task wine run -A --cached-only examples/basic.ts
 * deno task wine --share=/tmp/out --exe=/tmp/out/reader.exe ARGUMENTS…
 * ```
 *
 * The working folder is the repository, read-only. Options of this script stand first:
 * `--exe=PATH` another program, `--share=FOLDER` is seen as `Z:\mnt\share` and can be written,
 * `--env=NAME=VALUE` a variable (any number of times). `KEYRING_TEST_PROBE` names the compiled
 * dev/probe/credential_probe.c, `KEYRING_TEST_PARTIES` the folder of other keyring libraries.
 *
 * @module
 */

import { announce, InterruptedError, RigUnavailableError } from "./rig/process.ts";
import { prepareTool, type Tool } from "./rig/tools.ts";
import { runInWine, type WineOptions } from "./rig/wine.ts";

function parse(args: string[]): { options: WineOptions; rest: string[] } {
  const options: WineOptions = { mounts: {}, env: {} };
  let index = 0;
  for (; index < args.length; index++) {
    const [, name, value = ""] = /^--(exe|share|env)=(.*)$/s.exec(args[index] ?? "") ?? [];
    if (name === "exe") options.exe = value;
    else if (name === "share") options.mounts = { share: value };
    else if (name === "env") setVariable(options, value);
    else break;
  }
  if (args[index] === "--") index++;
  return { options, rest: args.slice(index) };
}

function setVariable(options: WineOptions, pair: string): void {
  const [name = "", ...value] = pair.split("=");
  options.env = { ...options.env, [name]: value.join("=") };
}

/** The C program of dev/probe and other libraries are at hand in every run, when they can be. */
async function optionalTools(): Promise<Tool[]> {
  const tools: Tool[] = [];
  for (const name of ["probe", "parties"]) {
    try {
      tools.push(await prepareTool(name));
    } catch (error) {
      if (!(error instanceof RigUnavailableError)) throw error;
      announce(`without ${name}: ${error.message}`);
    }
  }
  return tools;
}

async function main(args: string[]): Promise<number> {
  const { options, rest } = parse(args[0] === "--" ? args.slice(1) : args);
  try {
    return await runInWine(rest, { ...options, tools: await optionalTools() });
  } catch (error) {
    if (error instanceof InterruptedError) return 130;
    if (!(error instanceof RigUnavailableError)) throw error;
    console.error(`Cannot run under Wine: ${error.message}`);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

// The environment of a program that sees secrets. A variable can make it load other code, or print
// what it does.

import { lookUp } from "./environment.ts";

// Of the dynamic loaders of Linux and macOS. If `--allow-run` names programs, Deno also refuses all
// other variables of theirs: see `run`.
const LOADER = [
  "LD_PRELOAD",
  "LD_LIBRARY_PATH",
  "LD_AUDIT",
  "LD_DEBUG",
  "DYLD_INSERT_LIBRARIES",
  "DYLD_LIBRARY_PATH",
  "DYLD_FRAMEWORK_PATH",
];

export interface EnvironmentNeeds {
  /** The variables that the program needs of ours. */
  keep: readonly string[];
  /** The variables that it must not get, if it gets all others. */
  blank: readonly string[];
  /** Variables to set, whatever ours are. */
  set: Record<string, string>;
}

/**
 * Builds it from the variables that the program needs, if they may be read; otherwise it is ours,
 * with dangerous variables emptied.
 */
export function childEnvironment(
  { keep, blank, set }: EnvironmentNeeds,
): { env: Record<string, string>; clearEnv: boolean } {
  const clearEnv = keep.every(mayReadVariable);
  const env = clearEnv
    ? keep.map((name) => [name, Deno.env.get(name)]).filter(([, value]) => value !== undefined)
    : [...LOADER, ...blank].map((name) => [name, ""]);
  return { env: { ...Object.fromEntries(env), ...set }, clearEnv };
}

function mayReadVariable(variable: string): boolean {
  const { state } = lookUp(variable);
  // A value that is not UTF-8 cannot be passed on, only inherited.
  return state !== "denied" && state !== "invalid";
}

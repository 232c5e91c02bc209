import { envFlag } from "./shell.ts";

/** What an environment variable holds. An empty one counts as unset. */
export type Variable =
  | { state: "set"; value: string }
  | { state: "unset" | "denied" | "invalid" };

/** Looks up an environment variable without ever causing a permission prompt. */
export function lookUp(variable: string): Variable {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  if (state !== "granted") return { state: "denied" };
  try {
    const value = Deno.env.get(variable);
    return value ? { state: "set", value } : { state: "unset" };
  } catch (error) {
    if (error instanceof Deno.errors.InvalidData) return { state: "invalid" };
    throw error;
  }
}

/**
 * Reads an environment variable without ever causing a permission prompt. Throws `InvalidData` for
 * one that is not UTF-8.
 */
export function readVariable(variable: string): string | undefined {
  const found = lookUp(variable);
  if (found.state === "invalid") throw new Deno.errors.InvalidData(notUtf8(variable));
  return found.state === "set" ? found.value : undefined;
}

/** A folder, with the variable that names it, or why it is unknown. */
export type Folder =
  | { state: "known"; path: string; variable: string }
  | { state: "unset" | "invalid"; path?: undefined; reason: string }
  | { state: "denied"; path?: undefined; reason: string; variables: readonly string[] };

/**
 * Finds the folder that the first of these variables names. One that may not be read could be the
 * first; a relative path is ignored, as the XDG Base Directory Specification requires: it would name
 * a folder of whoever created the current folder.
 */
export function findFolder(variables: readonly string[], os = Deno.build.os): Folder {
  const denied: string[] = [];
  let reason = variables.length > 1
    ? `neither ${variables.join(" nor ")} is set`
    : `${variables[0]} is not set`;
  for (const variable of variables) {
    const found = lookUp(variable);
    if (found.state === "denied") denied.push(variable);
    else if (found.state === "set" && !isAbsolute(found.value, os)) {
      reason = `${variable} is not an absolute path`;
    } else if (found.state !== "unset" && denied.length > 0) break;
    else if (found.state === "set") return { state: "known", path: found.value, variable };
    else if (found.state === "invalid") return { state: "invalid", reason: notUtf8(variable) };
  }
  if (denied.length === 0) return { state: "unset", reason };
  return { state: "denied", reason: `${envFlag(denied)} is missing`, variables: denied };
}

function isAbsolute(path: string, os: typeof Deno.build.os): boolean {
  return os === "windows" ? /^([A-Za-z]:)?[\\/]/.test(path) : path.startsWith("/");
}

function notUtf8(variable: string): string {
  return `${variable} is not valid UTF-8`;
}

/** Returns whether a file may be read without causing a permission prompt. */
export function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

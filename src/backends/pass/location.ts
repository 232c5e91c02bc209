// Where the password store is, and what the system or Deno says when it cannot be used.

import { Failure, quote } from "../../errors.ts";
import { lookUp } from "../../lib/environment.ts";
import { oneLine } from "../../lib/one_line.ts";
import { allowFlag, envFlag } from "../../lib/shell.ts";
import { denied } from "./programs.ts";

/** The folder of the store, as `pass` finds it. Throws where that may not be found out. */
export function findRoot(folder: string | undefined): string {
  if (Deno.build.os === "windows") {
    throw new Failure("absent", "pass is a program for Linux, macOS and BSD");
  }
  if (folder !== undefined) return checkRoot("the folder of the password store", folder);
  const named = setting("PASSWORD_STORE_DIR", "HOME");
  if (named !== undefined) return checkRoot("PASSWORD_STORE_DIR", named);
  const home = setting("HOME");
  if (home !== undefined) return `${checkRoot("HOME", home)}/.password-store`;
  throw new Failure("absent", "the password store is not known, as HOME is not set", {
    advice: "Set PASSWORD_STORE_DIR to its path.",
  });
}

/** Reads a variable that decides where secrets go, and so is never left out of account. */
export function setting(...variables: [string, ...string[]]): string | undefined {
  const [variable] = variables;
  const found = lookUp(variable);
  if (found.state === "denied") throw denied(envFlag(variables));
  if (found.state === "invalid") throw new Failure("other", `${variable} is not valid UTF-8`);
  return found.state === "set" ? found.value : undefined;
}

// A relative one would be another store in each folder.
function checkRoot(what: string, path: string): string {
  if (path.startsWith("/")) return path.replace(/(.)\/+$/, "$1");
  throw new Failure("other", `${what} is not an absolute path: ${quote(path)}`);
}

/** Turns what the system refuses into a failure that names the store. */
export async function inStore<T>(
  root: string,
  permission: "read" | "write",
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw denied(allowFlag(permission, root), error);
    if (!(error instanceof Error) || !/\(os error \d+\)/.test(error.message)) throw error;
    // Deno adds the call with all its paths after the reason.
    const reason = oneLine(error.message.replace(/(\(os error \d+\)).*$/s, "$1"));
    const what = permission === "read" ? "read" : "written";
    throw new Failure("other", `the password store ${quote(root)} cannot be ${what}: ${reason}`, {
      cause: error,
    });
  }
}

/** Without its store, an entry is not merely missing. */
export async function findIn<T>(root: string, action: () => Promise<T>): Promise<T | null> {
  return await inStore(root, "read", async () => {
    const found = await orNull(action());
    if (found === null && await orNull(Deno.stat(root)) === null) throw noStore(root);
    return found;
  });
}

export function noStore(root: string): Failure {
  return new Failure("absent", `there is no password store at ${quote(root)}`, {
    advice: "Create one with `pass init` and the name of a gpg key, or set PASSWORD_STORE_DIR.",
  });
}

/** The result, or `null` if the file does not exist. */
export async function orNull<T>(action: Promise<T>): Promise<T | null> {
  try {
    return await action;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

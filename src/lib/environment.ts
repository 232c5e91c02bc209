/**
 * The environment and files, read only where that permission was already granted: a script that
 * uses a keyring is never asked for more than the keyring itself needs.
 *
 * @module
 */

/**
 * Reads an environment variable without ever causing a permission prompt.
 *
 * @param variable The variable's name.
 * @returns Its value, or `undefined` when it is unset, empty or may not be read.
 */
export function readVariable(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) || undefined : undefined;
}

/**
 * Tells whether a file may be read without causing a permission prompt.
 *
 * @param path The file's path.
 * @returns Whether the permission was granted.
 */
export function mayRead(path: string): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

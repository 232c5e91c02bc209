/**
 * Filling the store with entries that every party finds when it lists.
 *
 * @module
 */

import { CredentialManager } from "../../windows.ts";

/** The service of the filling. */
export const FILLING = "os-keyring-bench-filling";

const AT_ONCE = 4;

/** Adds the entries from one number to another. */
export async function fill(from: number, to: number): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  if (Deno.build.os === "windows") return numbers.forEach(writeCredential);
  const queue = numbers.values();
  const work = async () => {
    for (const number of queue) await storeItem(number);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

/** The layout of keytar, whose list takes the beginning of the target for the service. */
function writeCredential(number: number): void {
  const userName = `user-${number}`;
  const target = `${FILLING}/${userName}`;
  new CredentialManager().write({ target, userName, secret: "made-up", encoding: "utf-8" });
}

/** An item with the attributes that the layouts of all parties have together. */
async function storeItem(number: number): Promise<void> {
  const username = `user-${number}`;
  const attributes = {
    application: "Python keyring library",
    service: FILLING,
    username,
    account: username,
    "xdg:schema": "org.freedesktop.Secret.Generic",
  };
  const child = new Deno.Command("/usr/bin/secret-tool", {
    args: ["store", "--label=bench", ...Object.entries(attributes).flat()],
    stdin: "piped",
    stdout: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("made-up"));
  await writer.close();
  if (!(await child.status).success) throw new Error("secret-tool could not store an entry");
}

/** Removes the filling from a Credential Manager, which may be a real one. */
export function emptyWindows(): void {
  if (Deno.build.os !== "windows") return;
  const manager = new CredentialManager();
  for (const { target } of manager.enumerate({ filter: `${FILLING}*` })) manager.delete(target);
}

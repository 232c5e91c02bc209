/**
 * Filling the store with entries that every party finds when it lists.
 *
 * @module
 */

import { getKeyring, type Keyring } from "../../mod.ts";
import { CredentialManager } from "../../windows.ts";
import { fillKWallet } from "../workers/floors/kwallet.ts";
import { adoptFilling } from "./gnome_keyring.ts";
import type { System } from "./results.ts";
import { FILLING } from "./scope.ts";

const AT_ONCE = 8;

/** Adds the entries from one number to another. */
export async function fill(system: System, from: number, to: number): Promise<void> {
  if (system === "linux") return await adoptFilling(to);
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  if (system === "wine") return numbers.forEach(writeCredential);
  if (system === "kwallet") {
    return await fillKWallet(FILLING, numbers.map((number) => `user-${number}`));
  }
  const keyring = await getKeyring();
  if (keyring.batch) await keyring.batch((opened) => store(opened, numbers, 1));
  else await store(keyring, numbers, AT_ONCE);
}

async function store(keyring: Keyring, numbers: number[], atOnce: number): Promise<void> {
  const queue = numbers.values();
  const work = async () => {
    for (const number of queue) await keyring.setPassword(FILLING, `user-${number}`, "made-up");
  };
  await Promise.all(Array.from({ length: atOnce }, work));
}

/** The layout of keytar, whose list takes the beginning of the target for the service. */
function writeCredential(number: number): void {
  const userName = `user-${number}`;
  const target = `${FILLING}/${userName}`;
  new CredentialManager().write({ target, userName, secret: "made-up", encoding: "utf-8" });
}

/** Removes the filling from a Credential Manager, which may be a real one. */
export function emptyWindows(): void {
  if (Deno.build.os !== "windows") return;
  const manager = new CredentialManager();
  for (const { target } of manager.enumerate({ filter: `${FILLING}*` })) manager.delete(target);
}

// What is known of the Secret Service before the way to it is.

import { busAccess } from "../../lib/dbus/access.ts";

export { APPLICATION } from "../../layouts/names.ts";
export const TIMEOUT_MS = 60_000;

/** The longest secret that `secret-tool` stores. From 8192 bytes on it truncates, and exits with 0. */
export const LONGEST_SECRET = 8191;

/** The address of the session bus, where this process may use it: found out without asking. */
export function grantedBus(): string | undefined {
  const { state, address } = busAccess();
  return state === "granted" ? address : undefined;
}

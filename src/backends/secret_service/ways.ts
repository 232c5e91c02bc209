// What both ways to the Secret Service share: over D-Bus, and by running `secret-tool`.

import { APPLICATION } from "../../layouts/names.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { defaultFileKind } from "./keyring_file.ts";

export { APPLICATION };
export const TIMEOUT_MS = 60_000;

/** The address of the session bus, where this process may use it: found out without asking. */
export function grantedBus(): string | undefined {
  const { state, address } = busAccess();
  return state === "granted" ? address : undefined;
}

const FILE_KINDS = {
  encrypted: ["the file of GNOME Keyring's default keyring is encrypted"],
  plain: ["the file of GNOME Keyring's default keyring is not encrypted, as it has no password"],
  unknown: [],
};

/** Says how the Secret Service is reached, and how the default keyring is kept. */
export async function describeWay(...ways: string[]): Promise<string> {
  return [...ways, ...FILE_KINDS[await defaultFileKind()]].join("; ");
}

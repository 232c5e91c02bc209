// Whether this process may use the session bus, found out without asking anybody.

import { parseAddresses, sessionBusAddress } from "./address.ts";

export interface BusAccess {
  /** The address; missing where the environment that holds it may not be read. */
  address?: string;
  /**
   * `"denied"`: permissions are missing, which `flags` names. `"unsupported"`: the address is of a
   * kind that this library cannot use, or invalid.
   */
  state: "granted" | "denied" | "unsupported";
  /** The flags that grant it, whole, for a shell. */
  flags: string;
}

// The last one names the desktop, and so the programs on its bus.
const VARIABLES = ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_CURRENT_DESKTOP"];
const SHELL_PATH = "$XDG_RUNTIME_DIR/bus";
const ENV_FLAG = `--allow-env=${VARIABLES.join(",")}`;

/** Finds out whether the bus at an address may be used; by default, that of the environment. */
export function busAccess(given?: string): BusAccess {
  const all = `${ENV_FLAG} ${socketFlags(SHELL_PATH)}`;
  if (given === undefined && !isGranted({ name: "env", variable: "DBUS_SESSION_BUS_ADDRESS" })) {
    return { state: "denied", flags: all };
  }
  let paths: (string | undefined)[];
  let address: string;
  try {
    address = given ?? sessionBusAddress();
    paths = parseAddresses(address).map(({ path }) => path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return { state: "denied", flags: all };
    return { state: "unsupported", flags: all };
  }
  const path = paths.find((path) => path !== undefined);
  if (path === undefined) return { address, state: "unsupported", flags: all };
  const flags = given === undefined ? `${ENV_FLAG} ${socketFlags(path)}` : socketFlags(path);
  return { address, state: mayConnect(path) ? "granted" : "denied", flags };
}

function mayConnect(path: string): boolean {
  // There is no way to spell the grant of one abstract socket.
  const net = path.startsWith("\0")
    ? { name: "net" } as const
    : { name: "net", host: `unix:${path}` } as const;
  return isGranted(net) && isGranted({ name: "read", path }) && isGranted({ name: "write", path });
}

function isGranted(descriptor: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function socketFlags(path: string): string {
  if (path.startsWith("\0")) return "--allow-net --allow-read --allow-write";
  return `--allow-read=${path} --allow-write=${path} --allow-net=unix:${path}`;
}

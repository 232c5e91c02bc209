// Whether KDE Wallet is the keyring of this desktop: decided as Python's keyring does, so that both use
// the same one.

import { errorOf, Failure } from "../../errors.ts";
import { lookUp } from "../../lib/environment.ts";
import { busAccess } from "../../lib/dbus/access.ts";

const VARIABLE = "XDG_CURRENT_DESKTOP";
const FLAG = `--allow-env=${VARIABLE}`;
const TIME_LIMIT_MS = 5_000;

/**
 * Finds out whether KDE Wallet comes before the Secret Service. Asks the bus only if the desktop's
 * name does not rule it out; fails if neither decides it.
 */
export async function isDesktopKeyring(): Promise<boolean> {
  if (busAccess().state !== "granted") return false;
  const desktop = mayReadDesktop() ? desktopName() : undefined;
  const isKde = desktop?.split(":").includes("KDE");
  return isKde === false ? false : await asksWallet(isKde === true);
}

// A value that is not UTF-8 is not KDE's.
function desktopName(): string {
  const found = lookUp(VARIABLE);
  return found.state === "set" ? found.value : "";
}

async function asksWallet(isKde: boolean): Promise<boolean> {
  const owners = await findOwners();
  if (owners === undefined) return false;
  const { daemon, secrets } = owners;
  if (isKde || daemon === undefined) return daemon !== undefined;
  if (daemon.owner !== undefined && daemon.owner === secrets) return true;
  throw errorOf(
    new Failure("permission", "", {
      flag: FLAG,
      advice: `Add ${FLAG} to the deno command: only that variable tells whether KDE Wallet or ` +
        "another keyring is the one of this desktop.",
    }),
    { operation: "open" },
  );
}

// If the bus cannot be reached, the first call reports that, with the reason.
async function findOwners() {
  const [{ sessionBus }, { findDaemon, ownerOf }] = await Promise.all([
    import("../../lib/dbus/session.ts"),
    import("./daemon.ts"),
  ]);
  const options = { timeoutMs: TIME_LIMIT_MS };
  try {
    const bus = sessionBus();
    const [daemon, secrets] = await Promise.all([
      findDaemon(bus, options),
      ownerOf(bus, "org.freedesktop.secrets", options),
    ]);
    return { daemon, secrets };
  } catch {
    return undefined;
  }
}

function mayReadDesktop(): boolean {
  return Deno.permissions.querySync({ name: "env", variable: VARIABLE }).state === "granted";
}

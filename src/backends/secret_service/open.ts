// The Secret Service as it is chosen without being asked for. Apart from the class: only one of the two
// ways to it is loaded.

import { errorOf, Failure, notViable, type Viability } from "../../errors.ts";
import type { Keyring } from "../../keyring.ts";
import type { LayoutName } from "../../layouts/names.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { readVariable } from "../../lib/environment.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { APPLICATION, grantedBus } from "./ways.ts";

interface OpenOptions {
  layout?: LayoutName | undefined;
  unattended?: boolean | undefined;
}

export async function open(options: OpenOptions = {}): Promise<Keyring> {
  const { layout = "python", unattended } = options;
  const address = grantedBus();
  // The name is Python's.
  const application = readVariable("KEYRING_PROPERTY_APPID") ?? APPLICATION;
  if (address === undefined) {
    // `secret-tool` opens a dialog for what is locked.
    if (unattended) throw needsBus();
    if (layout !== "python") {
      return new (await import("./backend.ts")).SecretServiceKeyring({ layout });
    }
    return new StoreKeyring((await import("./shim.ts")).shim({ application }));
  }
  const { overBus } = await import("./dbus_backend.ts");
  if (layout === "python") {
    return new StoreKeyring(overBus({ address, application, unattended }));
  }
  const [{ guard }, { layoutOf }] = await Promise.all([
    import("../../layouts/guard.ts"),
    import("../../layouts/table.ts"),
  ]);
  const found = layoutOf(layout);
  const backend = overBus({ address, items: found.secretService, unattended });
  return new StoreKeyring(guard(backend, found));
}

function needsBus(): Error {
  const { state, flags } = busAccess();
  const kind = state === "denied" ? "permission" : "absent";
  const reason = "without a dialog it needs D-Bus, and this kind of address is not supported";
  return errorOf(new Failure(kind, reason, { flag: flags }), { operation: "open" });
}

export function flags(): string {
  return busAccess().flags;
}

interface ProbeOptions {
  secretTool?: string;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

const PROBE_LIMIT_MS = 5_000;

/** Looks for something that is not there, in the way that `open` would. */
export async function probe(options: ProbeOptions = {}): Promise<Viability> {
  const { secretTool, timeoutMs = PROBE_LIMIT_MS, signal } = options;
  const limits = { timeoutMs: Math.min(timeoutMs, PROBE_LIMIT_MS), signal };
  const bus = secretTool === undefined ? grantedBus() : undefined;
  try {
    if (bus !== undefined) return await (await import("./backend.ts")).probeBus(bus, limits);
    return await (await import("./shim.ts")).probeTool(secretTool, limits);
  } catch (error) {
    if (error instanceof Failure) return notViable(error);
    throw error;
  }
}

// The Secret Service as it is chosen without being asked for. Apart from the class: only one of the two
// ways to it is loaded.

import { Failure, notViable, type Viability } from "../../errors.ts";
import type { Keyring } from "../../keyring.ts";
import type { LayoutName } from "../../layouts/names.ts";
import { readVariable } from "../../lib/environment.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { APPLICATION, grantedBus } from "./ways.ts";

export async function open(
  { layout = "python" }: { layout?: LayoutName | undefined } = {},
): Promise<Keyring> {
  if (layout !== "python") {
    const { SecretServiceKeyring } = await import("./backend.ts");
    return new SecretServiceKeyring({ layout });
  }
  // The name is Python's.
  const application = readVariable("KEYRING_PROPERTY_APPID") ?? APPLICATION;
  const address = grantedBus();
  if (address === undefined) {
    const { shim } = await import("./shim.ts");
    return new StoreKeyring(shim({ application }));
  }
  const { overBus } = await import("./dbus_backend.ts");
  return new StoreKeyring(overBus({ address, application }));
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

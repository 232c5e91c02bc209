// The Secret Service as it is chosen without being asked for. Only the way to it that is taken is loaded:
// both would cost each start of the command several milliseconds.

import { errorOf, Failure, type Viability } from "../../errors.ts";
import type { Keyring } from "../../keyring.ts";
import type { LayoutName } from "../../layouts/names.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { readVariable } from "../../lib/environment.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { APPLICATION, grantedBus, TIMEOUT_MS } from "./settings.ts";

interface OpenOptions {
  unattended?: boolean | undefined;
  layout?: LayoutName | undefined;
}

export async function open({ unattended, layout }: OpenOptions = {}): Promise<Keyring> {
  // The name is Python's.
  const application = readVariable("KEYRING_PROPERTY_APPID") ?? APPLICATION;
  if (unattended) return await openUnattended(layout, application);
  const bus = grantedBus();
  if (layout === undefined && bus === undefined) {
    return new StoreKeyring((await import("./ways.ts")).shim({ application }));
  }
  const { SecretServiceKeyring } = await import("./backend.ts");
  return new SecretServiceKeyring({ ...bus && { bus }, application, ...layout && { layout } });
}

// `secret-tool` opens a dialog for what is locked.
async function openUnattended(
  name: LayoutName | undefined,
  application: string,
): Promise<Keyring> {
  const { state, flags, address } = busAccess();
  if (state !== "granted") {
    const kind = state === "denied" ? "permission" : "absent";
    const reason =
      "it cannot be used without a dialog: this kind of D-Bus address is not supported";
    throw errorOf(new Failure(kind, reason, { flag: flags }), { operation: "open" });
  }
  const [{ SecretServiceBackend }, { sessionBus }, { guard }, { layoutOf }, { pythonItems }] =
    await Promise.all([
      import("./dbus_backend.ts"),
      import("../../lib/dbus/session.ts"),
      import("../../layouts/guard.ts"),
      import("../../layouts/table.ts"),
      import("../../layouts/python.ts"),
    ]);
  const layout = layoutOf(name);
  const items = layout.name === "python" ? pythonItems(application) : layout.secretService;
  const bus = sessionBus({ address });
  return new StoreKeyring(
    guard(new SecretServiceBackend(bus, items, TIMEOUT_MS, flags, true), layout),
  );
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
    if (bus === undefined) return await probeTool(secretTool, limits);
    return await (await import("./backend.ts")).probeBus(bus, limits);
  } catch (error) {
    if (error instanceof Failure) return { viable: false, reason: error.message };
    throw error;
  }
}

async function probeTool(
  chosen: string | undefined,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<Viability> {
  const [{ DEFAULT_PROGRAM, runFlag, SecretTool }, { describeWay, eitherWay, PROBE_ATTRIBUTES }] =
    await Promise.all([import("./secret_tool.ts"), import("./ways.ts")]);
  const program = chosen ?? DEFAULT_PROGRAM;
  if (Deno.permissions.querySync({ name: "run", command: program }).state !== "granted") {
    const flags = chosen === undefined ? eitherWay() : [runFlag(chosen)];
    return { viable: false, reason: "a Deno permission is missing", flag: flags.join(", or ") };
  }
  await new SecretTool(program, timeoutMs).search(PROBE_ATTRIBUTES, signal);
  const { state, flags } = busAccess();
  const why = {
    granted: "by secret-tool",
    denied: `by secret-tool; faster and safer over D-Bus, with ${flags}`,
    unsupported: "by secret-tool, since this kind of D-Bus address is not supported",
  };
  return { viable: true, note: await describeWay(why[state]) };
}

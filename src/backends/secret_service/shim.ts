// The Secret Service by `secret-tool`, where the session bus may not be used.

import type { Viability } from "../../errors.ts";
import { busAccess } from "../../lib/dbus/access.ts";
import { DEFAULT_PROGRAM, runFlag, SecretTool } from "./secret_tool.ts";
import { SecretToolBackend } from "./secret_tool_backend.ts";
import { APPLICATION, describeWay, TIMEOUT_MS } from "./ways.ts";

const NOTHING = new Map([["os-keyring-probe", "nothing has this attribute"]]);

interface ShimOptions {
  secretTool?: string | undefined;
  timeoutMs?: number | undefined;
  application?: string | undefined;
}

export function shim(options: ShimOptions): SecretToolBackend {
  const { secretTool, timeoutMs = TIMEOUT_MS } = options;
  const flags = secretTool === undefined ? eitherWay() : undefined;
  const tool = new SecretTool(secretTool ?? DEFAULT_PROGRAM, timeoutMs, flags);
  return new SecretToolBackend(tool, options.application ?? APPLICATION);
}

/** The sets of flags of which each opens the Secret Service. */
function eitherWay(): string[] {
  const { state, flags } = busAccess();
  const run = runFlag(DEFAULT_PROGRAM);
  return state === "denied" ? [flags, run] : [run];
}

/** Looks for something that is not there. */
export async function probeTool(
  chosen: string | undefined,
  { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | undefined },
): Promise<Viability> {
  const program = chosen ?? DEFAULT_PROGRAM;
  if (Deno.permissions.querySync({ name: "run", command: program }).state !== "granted") {
    const flags = chosen === undefined ? eitherWay() : [runFlag(chosen)];
    return { viable: false, reason: "a Deno permission is missing", flag: flags.join(", or ") };
  }
  await new SecretTool(program, timeoutMs).search(NOTHING, signal);
  const { state, flags } = busAccess();
  const why = {
    granted: "by secret-tool",
    denied: `by secret-tool; faster and safer over D-Bus, with ${flags}`,
    unsupported: "by secret-tool, since this kind of D-Bus address is not supported",
  };
  return { viable: true, note: await describeWay(why[state]) };
}

// What both ways to the Secret Service share: over D-Bus, and by running `secret-tool`.

import { busAccess } from "../../lib/dbus/access.ts";
import { defaultFileKind } from "./keyring_file.ts";
import { DEFAULT_PROGRAM, runFlag, SecretTool } from "./secret_tool.ts";
import { SecretToolBackend } from "./secret_tool_backend.ts";
import { APPLICATION, TIMEOUT_MS } from "./settings.ts";

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
export function eitherWay(): string[] {
  const { state, flags } = busAccess();
  const run = runFlag(DEFAULT_PROGRAM);
  return state === "denied" ? [flags, run] : [run];
}

export const PROBE_ATTRIBUTES: ReadonlyMap<string, string> = new Map([[
  "os-keyring-probe",
  "nothing has this attribute",
]]);

const FILE_KINDS = {
  encrypted: ["the file of GNOME Keyring's default keyring is encrypted"],
  plain: ["the file of GNOME Keyring's default keyring is not encrypted, as it has no password"],
  unknown: [],
};

/** Says how the Secret Service is reached, and how the default keyring is kept. */
export async function describeWay(...ways: string[]): Promise<string> {
  return [...ways, ...FILE_KINDS[await defaultFileKind()]].join("; ");
}

// The Secret Service as it is chosen without being asked for. Apart from the class, which can also speak
// D-Bus: the client of that would cost each start of the command 4 ms.

import { Failure, type Viability } from "../../errors.ts";
import type { Keyring } from "../../keyring.ts";
import { readVariable } from "../../lib/environment.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { defaultFileKind } from "./keyring_file.ts";
import { DEFAULT_PROGRAM, SecretTool } from "./secret_tool.ts";
import { SecretToolBackend } from "./secret_tool_backend.ts";

export const APPLICATION = "Python keyring library";
export const TIMEOUT_MS = 60_000;

interface ShimOptions {
  secretTool?: string | undefined;
  timeoutMs?: number | undefined;
  application?: string | undefined;
}

export function shim(options: ShimOptions): SecretToolBackend {
  const { secretTool = DEFAULT_PROGRAM, timeoutMs = TIMEOUT_MS } = options;
  const tool = new SecretTool(secretTool, timeoutMs);
  return new SecretToolBackend(tool, options.application ?? APPLICATION);
}

export function open(): Keyring {
  // The name is Python's.
  return new StoreKeyring(shim({ application: readVariable("KEYRING_PROPERTY_APPID") }));
}

interface ProbeOptions {
  secretTool?: string;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

const PROBE_LIMIT_MS = 5_000;

export async function probe(options: ProbeOptions = {}): Promise<Viability> {
  const { secretTool = DEFAULT_PROGRAM, timeoutMs = PROBE_LIMIT_MS, signal } = options;
  const flag = `--allow-run=${secretTool}`;
  if (Deno.permissions.querySync({ name: "run", command: secretTool }).state !== "granted") {
    return { viable: false, reason: "a Deno permission is missing", flag };
  }
  try {
    const tool = new SecretTool(secretTool, Math.min(timeoutMs, PROBE_LIMIT_MS));
    await tool.search(new Map([["os-keyring-probe", "nothing has this attribute"]]), signal);
    return { viable: true, ...await describeFile() };
  } catch (error) {
    if (error instanceof Failure) return { viable: false, reason: error.message };
    throw error;
  }
}

const FILE_KINDS = {
  encrypted: { note: "the file of GNOME Keyring's default keyring is encrypted" },
  plain: {
    note: "the file of GNOME Keyring's default keyring is not encrypted, as it has no password",
  },
  unknown: {},
};

async function describeFile(): Promise<{ note?: string }> {
  return FILE_KINDS[await defaultFileKind()];
}

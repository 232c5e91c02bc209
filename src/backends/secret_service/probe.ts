import { explain } from "./explain.ts";
import { DEFAULT_PROGRAM, SecretTool } from "./secret_tool.ts";

/** What {@linkcode probeSecretService} found. */
export interface SecretServiceProbe {
  viable: boolean;
  /** Why not. */
  reason?: string;
  /** The Deno flag that is missing. */
  flag?: string;
}

/** What {@linkcode probeSecretService} accepts. */
export interface ProbeOptions {
  /** The absolute path of `secret-tool`; `/usr/bin/secret-tool` by default. */
  secretTool?: string;
  /** The time limit in milliseconds; 5 seconds at most and by default. */
  timeoutMs?: number;
  signal?: AbortSignal;
}

const PROBE_LIMIT_MS = 5_000;

/** Finds out whether the Secret Service can be used, without a prompt, a dialog or a write. */
export async function probeSecretService(
  options: ProbeOptions = {},
): Promise<SecretServiceProbe> {
  const program = options.secretTool ?? DEFAULT_PROGRAM;
  const flag = `--allow-run=${program}`;
  if (Deno.permissions.querySync({ name: "run", command: program }).state !== "granted") {
    return { viable: false, reason: "a Deno permission is missing", flag };
  }
  const timeoutMs = Math.min(options.timeoutMs ?? PROBE_LIMIT_MS, PROBE_LIMIT_MS);
  try {
    const nothing = new Map([["os-keyring-probe", "nothing has this attribute"]]);
    await new SecretTool(program, timeoutMs).search(nothing, options.signal);
    return { viable: true };
  } catch (error) {
    const explanation = explain(error, program);
    if (!explanation) throw error;
    return { viable: false, reason: explanation.reason };
  }
}

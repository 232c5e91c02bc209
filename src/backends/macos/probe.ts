import { OutputLimitError, TimeLimitError } from "../../lib/subprocess.ts";
import { isReplaced, programFor } from "./program.ts";
import { runSecurity } from "./protocol.ts";

/** What {@linkcode probeMacOS} found. */
export interface MacOSProbe {
  viable: boolean;
  /** Why not. */
  reason?: string;
  /** The Deno flag that is missing. */
  flag?: string;
}

const PROBE_LIMIT_MS = 5_000;

/** Finds out whether the macOS Keychain can be used, without a prompt, a dialog or a write. */
export async function probeMacOS(options: { signal?: AbortSignal } = {}): Promise<MacOSProbe> {
  if (Deno.build.os !== "darwin" && !isReplaced(options)) {
    return { viable: false, reason: "this system is not macOS" };
  }
  const program = programFor(options);
  if (Deno.permissions.querySync({ name: "run", command: program }).state !== "granted") {
    const flag = `--allow-run=${program}`;
    return { viable: false, reason: "a Deno permission is missing", flag };
  }
  const reason = await askForDefaultKeychain(program, options.signal);
  return reason === undefined ? { viable: true } : { viable: false, reason };
}

async function askForDefaultKeychain(
  program: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  try {
    const { status } = await runSecurity(program, {
      command: "default-keychain",
      args: [],
      timeoutMs: PROBE_LIMIT_MS,
      discardStdout: true,
      signal,
    });
    return status === 0 ? undefined : "there is no default keychain";
  } catch (error) {
    if (error instanceof TimeLimitError) return "the Keychain does not answer";
    if (error instanceof OutputLimitError) return "security answers with endless output";
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
      return `${program} cannot be run`;
    }
    throw error;
  }
}

import { FILE_ADVICE } from "../../errors.ts";
import { OutputLimitError, TimeLimitError } from "../../lib/subprocess.ts";
import type { Failure } from "./failure.ts";
import { SecretToolError } from "./secret_tool.ts";

export interface Explanation {
  kind: "absent" | "permission" | "locked" | "timeout" | "uninitialized" | "other";
  reason: string;
  advice?: string;
  code?: number;
}

const START = "Log in to a desktop session, or, on a machine without one, run the command under " +
  `dbus-run-session with an unlocked gnome-keyring-daemon. ${FILE_ADVICE}`;
const INSTALL = "Install it together with a Secret Service: `apt install gnome-keyring " +
  "libsecret-tools` on Debian and Ubuntu, `dnf install gnome-keyring libsecret` on Fedora. " +
  FILE_ADVICE;
const UNLOCK = "Unlock it, in a desktop session by answering the dialog, and try again.";

const FAILURES: Record<Failure, (message: string) => Omit<Explanation, "code">> = {
  "no-bus": (message) => ({
    kind: "absent",
    reason: `there is no D-Bus session (${message})`,
    advice: START,
  }),
  "no-daemon": (message) => ({
    kind: "absent",
    reason: `no Secret Service is running (${message})`,
    advice: `Install and start gnome-keyring, KWallet or KeePassXC. ${START}`,
  }),
  "no-collection": () => ({
    kind: "uninitialized",
    reason: "the Secret Service has no default keyring, and none was created",
    advice: "Create one, in a desktop session by answering the dialog, and try again.",
  }),
  "locked": () => ({ kind: "locked", reason: "the keyring is locked", advice: UNLOCK }),
  "timeout": () => ({
    kind: "timeout",
    reason: "the Secret Service did not answer",
    advice: "Restart it, then try again.",
  }),
  "too-long": () => ({ kind: "other", reason: "secret-tool cut the secret off" }),
  "killed": () => ({ kind: "other", reason: "secret-tool was ended by a signal" }),
  "other": (message) => ({ kind: "other", reason: `secret-tool failed: ${message}` }),
};

export const LOCKED: Explanation = FAILURES.locked("");

export function explain(error: unknown, program: string): Explanation | undefined {
  if (error instanceof SecretToolError) {
    return { ...FAILURES[error.failure](tame(error.message)), code: error.code };
  }
  if (error instanceof TimeLimitError) {
    return {
      kind: "timeout",
      reason: `no answer came in time (${error.message.toLowerCase()})`,
      advice: "If a dialog is open, answer it and try again; else restart the Secret Service.",
    };
  }
  if (error instanceof OutputLimitError) {
    return { kind: "other", reason: "secret-tool printed more than any answer can have" };
  }
  return explainSpawn(error, program);
}

function explainSpawn(error: unknown, program: string): Explanation | undefined {
  if (error instanceof Deno.errors.NotCapable) {
    return { kind: "permission", reason: "a Deno permission is missing" };
  }
  if (error instanceof Deno.errors.NotFound) {
    return { kind: "absent", reason: `${program} is not installed`, advice: INSTALL };
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return { kind: "absent", reason: `${program} may not be run`, advice: INSTALL };
  }
  // Not a program at all, or another program's attributes are too long to be arguments.
  if (error instanceof Error && /\(os error \d+\)/.test(error.message)) {
    return { kind: "other", reason: `secret-tool could not be run: ${tame(error.message)}` };
  }
  return undefined;
}

const LONGEST_MESSAGE = 200;

function tame(message: string): string {
  // deno-lint-ignore no-control-regex
  const line = message.replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, "?");
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}…` : line;
}

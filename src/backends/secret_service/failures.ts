// Why `secret-tool` failed: one table from what it said to what a user reads.

import { Failure, type FailureKind, FILE_ADVICE, SESSION_ADVICE } from "../../errors.ts";
import { oneLine } from "../../lib/one_line.ts";
import { OutputLimitError, TimeLimitError } from "../../lib/subprocess.ts";
import { LOCKED as LOCKED_TEXT } from "./refusals.ts";
import { ownMessage } from "./search_output.ts";

function messagesOf(stderr: string): string[] {
  return stderr.split("\n").map(ownMessage).filter((message) => message !== undefined);
}

const TOO_LONG = /^password is too long/;

// An item that another process has deleted, and keys that KWallet (up to 6.13) mishandles.
const TRANSIENT =
  /No such secret item at path|Can't find item at path|No such object path|does not exist at path .*\/\d+\W*$|Client public key size is invalid|Can't find session|Received invalid secret/;

const INSTALL = "Install it together with a Secret Service: `apt install gnome-keyring " +
  "libsecret-tools` on Debian and Ubuntu, `dnf install gnome-keyring libsecret` on Fedora. " +
  FILE_ADVICE;

interface Kind {
  pattern: RegExp;
  kind: FailureKind;
  /** Its `%` is what the program said. */
  reason: string;
  advice?: string;
}

const LOCKED: Kind = {
  pattern: /in a locked collection|of a locked object|collection is locked|item is locked/i,
  kind: "locked",
  ...LOCKED_TEXT,
};

// The texts of libsecret and GDBus: the locale is set, so they are always the English ones.
const KINDS: Kind[] = [
  { pattern: TOO_LONG, kind: "other", reason: "secret-tool cut the secret off" },
  LOCKED,
  {
    pattern: /Object does not exist at path|No such secret collection/,
    kind: "uninitialized",
    reason: "the Secret Service has no default keyring, and none was created",
    advice: "Create one, in a desktop session by answering the dialog, and try again.",
  },
  {
    pattern:
      /org\.freedesktop\.secrets was not provided|not activatable|ServiceUnknown|has no owner|Process org\.freedesktop\.secrets|StartServiceByName|activat(?:e|ion) /,
    kind: "absent",
    reason: "no Secret Service is running (%)",
    advice: `Install and start gnome-keyring, KWallet or KeePassXC. ${SESSION_ADVICE}`,
  },
  {
    pattern: /Timeout was reached|Did not receive a reply|NoReply|timed out/i,
    kind: "timeout",
    reason: "the Secret Service did not answer",
    advice: "Restart it, then try again.",
  },
  {
    pattern:
      /autolaunch|Could not connect|Connection refused|address is empty|Cannot spawn a message bus|machine-id|Unknown address type|not a valid D-Bus address|Address element|connection is closed|Broken pipe|Connection reset|EXTERNAL|authentication|No such file or directory|unsupported transport/i,
    kind: "absent",
    reason: "there is no D-Bus session (%)",
    advice: SESSION_ADVICE,
  },
];

/** Returns whether another run may succeed. */
export function isTransient(stderr: string): boolean {
  const [message = ""] = messagesOf(stderr);
  return TRANSIENT.test(message);
}

/** Returns whether it truncated the secret, which it does not call a failure. */
export function isCutOff(stderr: string): boolean {
  return messagesOf(stderr).some((message) => TOO_LONG.test(message));
}

export function failureOf({ code, stderr }: { code: number; stderr: string }): Failure {
  const [message] = messagesOf(stderr);
  if (code > 128) return new Failure("other", "secret-tool was ended by a signal", { code });
  if (message === undefined || message === "") {
    return new Failure("other", `secret-tool ended with exit code ${code}`, { code });
  }
  // Its own failures end with 1; the loader's, which names files, with 127.
  const found = KINDS.find(({ pattern }) => code <= 1 && pattern.test(message));
  if (!found) return new Failure("other", `secret-tool failed: ${oneLine(message)}`, { code });
  const reason = found.reason.replace("%", () => oneLine(message));
  return new Failure(found.kind, reason, { code, advice: found.advice });
}

export function failureOfRun(error: unknown, program: string, flags: string[]): unknown {
  if (error instanceof TimeLimitError) {
    return new Failure("timeout", `no answer came in time (${error.message.toLowerCase()})`, {
      advice: "If a dialog is open, answer it and try again; else restart the Secret Service.",
      cause: error,
    });
  }
  if (error instanceof OutputLimitError) {
    return new Failure("other", "secret-tool printed more than any answer can have");
  }
  if (error instanceof Deno.errors.NotCapable) {
    const details = {
      flag: flags[0],
      advice: `Add ${flags.join(", or ")} to the deno command.`,
      cause: error,
    };
    return new Failure("permission", "a Deno permission is missing", details);
  }
  const details = { advice: INSTALL, cause: error };
  if (error instanceof Deno.errors.NotFound) {
    return new Failure("absent", `${program} is not installed`, details);
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new Failure("absent", `${program} may not be run`, details);
  }
  // Not a program at all.
  if (error instanceof Error && /\(os error \d+\)/.test(error.message)) {
    return new Failure("other", `secret-tool could not be run: ${oneLine(error.message)}`);
  }
  return error;
}

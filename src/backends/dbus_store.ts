// What the stores have in common that are reached by the session bus: limits, and what a failure means.

import { Failure, SESSION_ADVICE } from "../errors.ts";
import {
  DBusAddressError,
  DBusAuthError,
  DBusDisconnectedError,
  DBusError,
  DBusFormatError,
  DBusTimeoutError,
} from "../lib/dbus/errors.ts";
import { isOutcomeUnknown } from "../lib/dbus/session.ts";
import { oneLine } from "../lib/one_line.ts";

/** The most bytes of a secret in one item. */
export const LARGEST_SECRET: number = 1024 * 1024;

// KWallet and KeePassXC drop a byte order mark at the start, so that two names would be one.
export const LIMITS = {
  unit: "bytes",
  service: 32_000,
  username: 32_000,
  forbiddenStart: { "\ufeff": "byte order mark" },
} as const;

const NOT_RUNNING = [
  "org.freedesktop.DBus.Error.ServiceUnknown",
  "org.freedesktop.DBus.Error.NameHasNoOwner",
  "org.freedesktop.DBus.Error.Spawn.",
];

/** Turns what the bus threw into a `Failure`; anything else is returned as it is. */
export function failureOfBus(error: unknown, store: string, flags: string): unknown {
  if (error instanceof Deno.errors.NotCapable) {
    return new Failure("permission", "a Deno permission is missing", { flag: flags, cause: error });
  }
  if (error instanceof DBusAuthError) return refused(error);
  if (
    error instanceof DBusAddressError || error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.ConnectionRefused
  ) {
    const reason = `there is no D-Bus session (${error.message})`;
    return new Failure("absent", reason, { advice: SESSION_ADVICE, cause: error });
  }
  if (isOutcomeUnknown(error)) return unknownOutcome(error, store);
  if (error instanceof DBusTimeoutError) {
    const advice = "If a dialog is open, answer it and try again; else restart the service.";
    return new Failure("timeout", `${store} did not answer in time`, { advice, cause: error });
  }
  if (error instanceof DBusDisconnectedError) {
    const reason = `the connection to ${store} was lost`;
    return new Failure("other", reason, { advice: "Try again.", cause: error });
  }
  if (error instanceof DBusFormatError || isDecryptionError(error)) {
    const advice = "Restart it, and try again.";
    return new Failure("other", `${store} gave an invalid answer`, { advice, cause: error });
  }
  if (!(error instanceof DBusError)) return error;
  if (NOT_RUNNING.some((name) => error.name.startsWith(name))) {
    const advice = `Install and start it. ${SESSION_ADVICE}`;
    return new Failure("absent", `${store} is not running`, { advice, cause: error });
  }
  const reason = `${store} answered "${oneLine(error.message)}"`;
  return new Failure("other", reason, { codeName: error.name, cause: error });
}

// The daemon has another key, and a new session was no help.
function isDecryptionError(error: unknown): boolean {
  return error instanceof DOMException && error.name === "OperationError";
}

function refused(error: DBusAuthError): Failure {
  if (error.cause instanceof DBusFormatError) {
    const reason = "what answers at the address of the D-Bus session is not a message bus";
    const advice = "Correct DBUS_SESSION_BUS_ADDRESS, or the option `bus`.";
    return new Failure("absent", reason, { advice, cause: error });
  }
  const reason = "the D-Bus session refused the connection, as that of another user would";
  const advice = "Run the command as the user of the desktop session.";
  return new Failure("absent", reason, { advice, cause: error });
}

function unknownOutcome(error: unknown, store: string): Failure {
  const kind = error instanceof DBusTimeoutError ? "timeout" : "other";
  const advice = "Read the entry to find out.";
  return new Failure(kind, `${store} did not answer, so the outcome is unknown`, {
    advice,
    cause: error,
  });
}

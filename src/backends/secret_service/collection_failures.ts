// What can be wrong with a collection, by either way to the Secret Service.

import { Failure } from "../../errors.ts";

export const LOCKED_REASON = "the keyring is locked";
export const LOCKED_ADVICE =
  "Unlock it, in a desktop session by answering the dialog, and try again.";

export function lockedFailure(advice = LOCKED_ADVICE): Failure {
  return new Failure("locked", LOCKED_REASON, { advice });
}

export function noCollection(): Failure {
  return new Failure("uninitialized", "the Secret Service has no default keyring", {
    advice: "Create one in a desktop session, and try again.",
  });
}

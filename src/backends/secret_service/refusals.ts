// What the Secret Service refuses, in the same words whichever way it is reached.

import { Failure } from "../../errors.ts";

export const LOCKED = {
  reason: "the keyring is locked",
  advice: "Unlock it, in a desktop session by answering the dialog, and try again.",
};

export function lockedFailure(advice: string = LOCKED.advice): Failure {
  return new Failure("locked", LOCKED.reason, { advice });
}

export function noCollection(): Failure {
  return new Failure("uninitialized", "the Secret Service has no default keyring", {
    advice: "Create one in a desktop session, and try again.",
  });
}

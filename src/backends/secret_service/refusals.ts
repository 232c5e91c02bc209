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

export function unstable(): Failure {
  const advice = "Try again.";
  return new Failure("other", "the entry was changed each time it was used", { advice });
}

export function notConfirmed(advice = "Confirm it in the dialog, and try again."): Failure {
  return new Failure("other", "the deletion was not confirmed", { advice });
}

export function halfDeleted(): Failure {
  return new Failure(
    "other",
    "KDE Wallet was locked in the meantime, and may have kept the secret",
    {
      advice: "Look for it in KDE Wallet Manager.",
    },
  );
}

export function belongsToOthers(isDeleted: boolean): Failure {
  const reason = "an entry of another program has this service and username, and more attributes";
  return new Failure("other", isDeleted ? `it was deleted, but ${reason}` : reason, {
    advice: "Delete that entry with the program that stored it.",
  });
}

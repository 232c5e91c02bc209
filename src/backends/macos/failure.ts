import {
  AUTH_FAILED,
  DUPLICATE_ITEM,
  IN_DARK_WAKE,
  INTERACTION_NOT_ALLOWED,
  INTERACTION_REQUIRED,
  NO_DEFAULT_KEYCHAIN,
  NO_SUCH_KEYCHAIN,
  USER_CANCELED,
} from "./status.ts";

export type FailureKind = "locked" | "init" | "other";

export interface Failure {
  kind: FailureKind;
  reason: string;
  advice?: string;
}

const NO_DIALOG: Failure = {
  kind: "locked",
  reason: "the keychain is locked or asks for consent, and this session cannot show a dialog",
  advice: "Over SSH run `security unlock-keychain` first. A launchd job belongs into the user's " +
    "Aqua session (a LaunchAgent). cron has no such session: unlock a keychain of its own there, " +
    "or use a LaunchAgent instead.",
};

const NO_KEYCHAIN: Failure = {
  kind: "init",
  reason: "there is no such keychain",
  advice: "Create it with `security create-keychain`, or correct its path.",
};

const FAILURES = new Map<number, Failure>([
  [INTERACTION_NOT_ALLOWED, NO_DIALOG],
  [INTERACTION_REQUIRED, NO_DIALOG],
  [IN_DARK_WAKE, NO_DIALOG],
  [AUTH_FAILED, {
    kind: "locked",
    reason: "access was denied, or the keychain's password was wrong",
    advice: 'Try again and choose "Always Allow" in the dialog. When no dialog appears, allow ' +
      '"security" in the item\'s Access Control in Keychain Access.',
  }],
  [USER_CANCELED, {
    kind: "locked",
    reason: "the dialog was cancelled",
    advice: 'Try again and choose "Always Allow" in the dialog.',
  }],
  [NO_DEFAULT_KEYCHAIN, {
    kind: "init",
    reason: "there is no default keychain",
    advice: "Choose one with `security default-keychain -s PATH`. A HOME that is not the user's " +
      "own hides the user's keychains.",
  }],
  [NO_SUCH_KEYCHAIN, NO_KEYCHAIN],
  [DUPLICATE_ITEM, {
    kind: "other",
    reason: "the keychain has such an entry and refused to update it",
    advice: 'Another program may own it: allow "security" in the entry\'s Access Control in ' +
      "Keychain Access, or delete the entry and store it anew.",
  }],
]);

export function explain(status: number): Failure {
  return FAILURES.get(status) ?? {
    kind: "other",
    reason: `security failed with status ${status}`,
  };
}

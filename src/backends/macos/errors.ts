// The statuses of `security`, and what each of them means to a user.

import { Failure, type FailureKind } from "../../errors.ts";
import { OutputLimitError, TimeLimitError } from "../../lib/subprocess.ts";

/** There is no such item, or the search failed. */
export const ITEM_NOT_FOUND = -25300;
export const NO_DEFAULT_KEYCHAIN = -25307;

interface Meaning {
  name: string;
  kind?: FailureKind;
  reason?: string;
  advice?: string;
}

const NO_DIALOG = {
  kind: "locked",
  reason: "the keychain is locked or asks for consent, and this session cannot show a dialog",
  advice: "Over SSH run `security unlock-keychain` first. Run a launchd job in the user's Aqua " +
    "session, as a LaunchAgent. cron has no such session: unlock a separate keychain there, or " +
    "use a LaunchAgent instead.",
} as const;
const CREATE_IT = "Create it with `security create-keychain`, or correct its path.";

const MEANINGS = new Map<number, Meaning>([
  [-61, { name: "wrPermErr" }],
  [-128, {
    name: "errSecUserCanceled",
    kind: "locked",
    reason: "the dialog was cancelled",
    advice: 'Try again and choose "Always Allow" in the dialog.',
  }],
  [-25291, { name: "errSecNotAvailable" }],
  [-25292, { name: "errSecReadOnly" }],
  [-25293, {
    name: "errSecAuthFailed",
    kind: "locked",
    reason: "access was denied, or the keychain's password was wrong",
    advice: 'Try again and choose "Always Allow" in the dialog. When no dialog appears, allow ' +
      '"security" in the item\'s Access Control in Keychain Access.',
  }],
  [-25294, {
    name: "errSecNoSuchKeychain",
    kind: "uninitialized",
    reason: "there is no such keychain",
    advice: CREATE_IT,
  }],
  [-25295, { name: "errSecInvalidKeychain" }],
  [-25296, { name: "errSecDuplicateKeychain" }],
  // With -U: the update was refused.
  [-25299, {
    name: "errSecDuplicateItem",
    reason: "the keychain already has this entry and refused to update it",
    advice: 'Another program may own it: allow "security" in the entry\'s Access Control in ' +
      "Keychain Access, or delete the entry and store it anew.",
  }],
  [ITEM_NOT_FOUND, { name: "errSecItemNotFound" }],
  [NO_DEFAULT_KEYCHAIN, {
    name: "errSecNoDefaultKeychain",
    kind: "uninitialized",
    reason: "there is no default keychain",
    advice: "Choose one with `security default-keychain -s PATH`. A HOME other than the user's " +
      "own hides the user's keychains.",
  }],
  [-25308, { name: "errSecInteractionNotAllowed", ...NO_DIALOG }],
  [-25315, { name: "errSecInteractionRequired", ...NO_DIALOG }],
  [-25320, { name: "errSecInDarkWake", ...NO_DIALOG }],
  [-60005, { name: "errAuthorizationDenied" }],
  [-60006, { name: "errAuthorizationCanceled" }],
  [-60007, { name: "errAuthorizationInteractionNotAllowed" }],
  [100001, { name: "EPERM" }],
  [100002, { name: "ENOENT" }],
  [100013, { name: "EACCES" }],
  [100030, { name: "EROFS" }],
]);

/** Finds the status behind an exit code, which has only its last eight bits. */
export function statusOfExitCode(code: number): number {
  for (const status of MEANINGS.keys()) {
    if ((status & 0xff) === code) return status;
  }
  return code;
}

export function failureOfStatus(status: number): Failure {
  const { name: codeName, kind, reason, advice } = MEANINGS.get(status) ?? {} as Partial<Meaning>;
  const details = { code: status, codeName, advice };
  return new Failure(kind ?? "other", reason ?? `security failed with status ${status}`, details);
}

export function missingKeychain(code: number): Failure {
  const reason = "the named keychain does not exist or cannot be opened";
  return new Failure("uninitialized", reason, { code, advice: CREATE_IT });
}

/** Makes a failure of what running the program threw; anything unknown comes back as it is. */
export function failureOfRun(cause: unknown, program: string): unknown {
  if (cause instanceof Deno.errors.NotCapable) {
    return new Failure("permission", "a Deno permission is missing", {
      flag: `--allow-run=${program}`,
    });
  }
  if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.PermissionDenied) {
    const advice = "The macOS Keychain exists on macOS only.";
    return new Failure("absent", `${program} cannot be run`, { advice, cause });
  }
  if (cause instanceof TimeLimitError) {
    const advice = "A dialog may be waiting on the Mac's screen: answer it, with " +
      '"Always Allow" if it offers that, and try again.';
    return new Failure("timeout", "the keychain did not answer in time", { advice, cause });
  }
  if (cause instanceof OutputLimitError) {
    return new Failure("other", "security printed more than an answer can have", { cause });
  }
  return cause;
}

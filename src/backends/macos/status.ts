export const USER_CANCELED = -128;
/** There is no such item, or the search failed. */
export const ITEM_NOT_FOUND = -25300;
/** There is such an item already; with `-U`: the update was refused. */
export const DUPLICATE_ITEM = -25299;
export const AUTH_FAILED = -25293;
/** There is no such keychain. */
export const NO_SUCH_KEYCHAIN = -25294;
/** There is no default keychain. */
export const NO_DEFAULT_KEYCHAIN = -25307;
export const INTERACTION_NOT_ALLOWED = -25308;
export const INTERACTION_REQUIRED = -25315;
export const IN_DARK_WAKE = -25320;

const NAMES = new Map([
  [-61, "wrPermErr"],
  [USER_CANCELED, "errSecUserCanceled"],
  [-25291, "errSecNotAvailable"],
  [-25292, "errSecReadOnly"],
  [AUTH_FAILED, "errSecAuthFailed"],
  [NO_SUCH_KEYCHAIN, "errSecNoSuchKeychain"],
  [-25295, "errSecInvalidKeychain"],
  [-25296, "errSecDuplicateKeychain"],
  [DUPLICATE_ITEM, "errSecDuplicateItem"],
  [ITEM_NOT_FOUND, "errSecItemNotFound"],
  [NO_DEFAULT_KEYCHAIN, "errSecNoDefaultKeychain"],
  [INTERACTION_NOT_ALLOWED, "errSecInteractionNotAllowed"],
  [INTERACTION_REQUIRED, "errSecInteractionRequired"],
  [IN_DARK_WAKE, "errSecInDarkWake"],
  [-60005, "errAuthorizationDenied"],
  [-60006, "errAuthorizationCanceled"],
  [-60007, "errAuthorizationInteractionNotAllowed"],
  [100001, "EPERM"],
  [100002, "ENOENT"],
  [100013, "EACCES"],
  [100030, "EROFS"],
]);

export function statusName(status: number): string | undefined {
  return NAMES.get(status);
}

/**
 * Finds the status behind an exit code, which is all that is left when the program has not told the
 * status itself.
 */
export function statusOfExitCode(code: number): number {
  for (const status of NAMES.keys()) {
    if ((status & 0xff) === code) return status;
  }
  return code;
}

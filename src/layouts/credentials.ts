// Windows credentials whose target consists of both names. The user name shows where one ends and the
// other begins.

import type { CredentialNames } from "./layout.ts";
import { markOf, PYTHON_COMMENT } from "./python.ts";

const GIT_COMMENT = "saved by git-credential-wincred";

/** Returns whether the comment is one that a program of another layout leaves. */
export function isOthers({ comment }: Pick<CredentialNames, "comment">): boolean {
  return markOf(comment) !== undefined || comment === PYTHON_COMMENT || comment === GIT_COMMENT;
}

/** The service of a target that ends with a delimiter and the user name. */
export function serviceBefore(delimiter: string): (credential: CredentialNames) => string[] {
  return (credential) => {
    const { target, userName } = credential;
    const end = delimiter + userName;
    const isOwn = target.length > end.length && target.endsWith(end) && !isOthers(credential);
    return isOwn ? [target.slice(0, -end.length)] : [];
  };
}

/** The service of a target that begins with the user name and a delimiter. */
export function serviceBehind(delimiter: string): (credential: CredentialNames) => string[] {
  return (credential) => {
    const { target, userName } = credential;
    const start = userName + delimiter;
    const isOwn = target.length > start.length && target.startsWith(start) &&
      !isOthers(credential);
    return isOwn ? [target.slice(start.length)] : [];
  };
}

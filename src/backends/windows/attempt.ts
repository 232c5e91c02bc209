/**
 * What all calls of Windows have in common: a success, or an error code.
 *
 * @module
 */

import { CODE_LOST, ERROR_NOT_FOUND } from "./error_codes.ts";

/** What a call is to answer when it succeeded, instead of an error code. */
export const SUCCESS = -1;

const TRIES = 3;

/** A call failed with this code of `GetLastError`. */
export class WindowsError extends Error {
  /** The class's name. */
  override name = "WindowsError";

  /**
   * Keeps the code; what it means is looked up by who knows the operation.
   *
   * @param code What `GetLastError` returned.
   */
  constructor(readonly code: number) {
    super(`Windows error ${code}`);
  }
}

/**
 * Makes a call, and repeats it while its code was lost: each call here may be repeated without
 * harm, and to take a lost code for "not found" would hide a real failure.
 *
 * @param call Makes the call and answers {@linkcode SUCCESS} or the code of `GetLastError`.
 * @param notFound Whether "not found" is an answer or a failure.
 * @returns `false` for "not found"; any other failure is a {@linkcode WindowsError}.
 */
export function attempt(call: () => number, notFound: "answer" | "failure" = "answer"): boolean {
  for (let tries = 1;; tries++) {
    const code = call();
    if (code === SUCCESS) return true;
    if (code === ERROR_NOT_FOUND && notFound === "answer") return false;
    if (code !== CODE_LOST || tries === TRIES) throw new WindowsError(code);
  }
}

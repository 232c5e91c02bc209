import { CODE_LOST, ERROR_NOT_FOUND } from "./error_codes.ts";

export const SUCCESS = -1;

const TRIES = 3;

/** A call failed with this code of `GetLastError`. */
export class WindowsError extends Error {
  override name = "WindowsError";

  constructor(readonly code: number) {
    super(`Windows error ${code}`);
  }
}

/**
 * Makes a call, and repeats it while its code was lost: each call here may be repeated without
 * harm, and to take a lost code for "not found" would hide a real failure.
 */
export function attempt(call: () => number, notFound: "answer" | "failure" = "answer"): boolean {
  for (let tries = 1;; tries++) {
    const code = call();
    if (code === SUCCESS) return true;
    if (code === ERROR_NOT_FOUND && notFound === "answer") return false;
    if (code !== CODE_LOST || tries === TRIES) throw new WindowsError(code);
  }
}

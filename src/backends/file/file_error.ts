/**
 * How the driver of encrypted files fails.
 *
 * @module
 */

/** The kinds of failure that call for different answers. */
export type FileFailure =
  | "missing"
  | "locked"
  | "damaged"
  | "permission"
  | "timeout"
  | "other";

/** What is known of a failure beside its reason. */
export interface FileErrorDetails {
  /** What to do next: full sentences. */
  advice?: string;
  /** The Deno flag that is missing. */
  flag?: string;
  /** The error beneath this one; never one whose text may quote what was decrypted. */
  cause?: unknown;
}

/** A failure of the driver; the message is the reason, as the end of a sentence. */
export class FileError extends Error {
  /** The class's name. */
  override name = "FileError";
  /** Which class of answer it calls for. */
  readonly failure: FileFailure;
  /** What to do next, where something can be done. */
  readonly advice: string | undefined;
  /** The Deno flag that is missing, where one is. */
  readonly flag: string | undefined;

  /**
   * Makes the error.
   *
   * @param failure Which class of answer it calls for.
   * @param reason Why, as the end of a sentence.
   * @param details What else is known.
   */
  constructor(failure: FileFailure, reason: string, details: FileErrorDetails = {}) {
    super(reason, details.cause === undefined ? {} : { cause: details.cause });
    this.failure = failure;
    this.advice = details.advice;
    this.flag = details.flag;
  }
}

/**
 * Makes what the system refused into an error that names the file, or the flag.
 *
 * @param what What was being done, such as `cannot read the encrypted file "/x"`.
 * @param flag The Deno flag that allows it.
 * @param action It.
 * @returns What it returns.
 */
export async function explained<T>(
  what: string,
  flag: string,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof FileError || error instanceof Deno.errors.NotFound) throw error;
    if (error instanceof Deno.errors.NotCapable) {
      // Deno lets nobody with less read what some names of open files stand for.
      const all = error.message.includes("--allow-all") ? { flag: "--allow-all" } : { flag };
      throw new FileError("permission", "a Deno permission is missing", { ...all, cause: error });
    }
    if (!(error instanceof Error) || !/\(os error \d+\)/.test(error.message)) throw error;
    const advice = /\(os error 16\)/.test(error.message) && Deno.build.os !== "windows"
      ? { advice: "In a container, mount the folder of the encrypted file, not the file alone." }
      : {};
    // Deno adds the call with all its paths behind the reason.
    const reason = error.message.replace(/(\(os error \d+\)).*$/s, "$1");
    throw new FileError("other", `${what}: ${reason}`, { ...advice, cause: error });
  }
}

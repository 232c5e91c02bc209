export type FileFailure =
  | "missing"
  | "locked"
  | "damaged"
  | "permission"
  | "timeout"
  | "other";

export interface FileErrorDetails {
  advice?: string;
  /** The Deno flag that is missing. */
  flag?: string;
  /** The error beneath this one; never one whose text may quote what was decrypted. */
  cause?: unknown;
}

export class FileError extends Error {
  override name = "FileError";
  readonly failure: FileFailure;
  readonly advice: string | undefined;
  /** The Deno flag that is missing, where one is. */
  readonly flag: string | undefined;

  constructor(failure: FileFailure, reason: string, details: FileErrorDetails = {}) {
    super(reason, details.cause === undefined ? {} : { cause: details.cause });
    this.failure = failure;
    this.advice = details.advice;
    this.flag = details.flag;
  }
}

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

import type { Located } from "./command.ts";

/** The command line itself is wrong: the usage is shown, and the exit code is 2. */
export class UsageError extends Error {
  override name = "UsageError";
  /** The command whose usage is shown; without one, that of all. */
  located: Located | undefined;

  of(located: Located | undefined): this {
    this.located ??= located;
    return this;
  }
}

/** The command could not do its work. */
export class CommandError extends Error {
  override name = "CommandError";
  readonly exitCode: number;
  /** The Deno flags that are missing. */
  readonly flag: string | undefined;

  constructor(
    message: string,
    options: { exitCode?: number; cause?: unknown; flag?: string | undefined } = {},
  ) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
    this.flag = options.flag;
  }
}

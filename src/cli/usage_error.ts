/**
 * The two ways in which a command line fails without the keyring having failed.
 *
 * @module
 */

/** The command line itself is wrong: the usage is shown, and the exit code is 2. */
export class UsageError extends Error {
  /** The class's name. */
  override name = "UsageError";
}

/** The command could not do its work. */
export class CommandError extends Error {
  /** The class's name. */
  override name = "CommandError";
  /** The exit code. */
  readonly exitCode: number;

  /**
   * Makes the error of a command.
   *
   * @param message What could not be done, and why.
   * @param options The exit code, 1 if left out, and the error beneath this one.
   */
  constructor(message: string, options: { exitCode?: number; cause?: unknown } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}

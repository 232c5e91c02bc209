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

/** The command could not do its work: the exit code is 1. */
export class CommandError extends Error {
  /** The class's name. */
  override name = "CommandError";
}

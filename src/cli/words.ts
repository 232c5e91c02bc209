/**
 * The words after a command.
 *
 * @module
 */

import { escapeControls } from "./output.ts";
import { UsageError } from "./usage_error.ts";

/**
 * Refuses a word that is one too many.
 *
 * @param word The word, where there is one.
 */
export function refuseWord(word: string | undefined): void {
  if (word === undefined) return;
  throw new UsageError(`unrecognized arguments: ${escapeControls(word)}`);
}

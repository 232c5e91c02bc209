import { escapeControls } from "./output.ts";
import { UsageError } from "./usage_error.ts";

export function refuseWord(word: string | undefined): void {
  if (word === undefined) return;
  throw new UsageError(`unrecognized arguments: ${escapeControls(word)}`);
}

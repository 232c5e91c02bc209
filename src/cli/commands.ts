/**
 * The commands, in one table.
 *
 * @module
 */

import type { Command } from "./command.ts";
import { DEL } from "./del.ts";
import { DIAGNOSE } from "./diagnose.ts";
import { EXPORT } from "./export.ts";
import { GET } from "./get.ts";
import { IMPORT } from "./import.ts";
import { LIST } from "./list.ts";
import { PRUNE } from "./prune.ts";
import { RUN } from "./run/run.ts";
import { SET } from "./set.ts";
import { VAULT } from "./vault.ts";
import { WINDOWS } from "./windows.ts";

/** Every command, in the order of the help: Python's first. */
export const COMMANDS: readonly Command[] = [
  GET,
  SET,
  DEL,
  DIAGNOSE,
  LIST,
  PRUNE,
  WINDOWS,
  VAULT,
  IMPORT,
  EXPORT,
  RUN,
];

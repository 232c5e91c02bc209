import type { Command } from "./command.ts";
import { DEL } from "./commands/del.ts";
import { DIAGNOSE } from "./commands/diagnose.ts";
import { DOCKER_CREDENTIAL } from "./commands/docker_credential.ts";
import { EXPORT } from "./commands/export.ts";
import { GET } from "./commands/get.ts";
import { GIT_CREDENTIAL } from "./commands/git_credential.ts";
import { IMPORT } from "./commands/import.ts";
import { LIST } from "./commands/list.ts";
import { MIGRATE } from "./commands/migrate.ts";
import { PRUNE } from "./commands/prune.ts";
import { RUN } from "./commands/run.ts";
import { SET } from "./commands/set.ts";
import { FILE } from "./commands/file.ts";
import { WINDOWS } from "./commands/windows.ts";

/** Every command, in the order of the help: Python's first. */
export const COMMANDS: readonly Command[] = [
  GET,
  SET,
  DEL,
  DIAGNOSE,
  LIST,
  PRUNE,
  WINDOWS,
  FILE,
  IMPORT,
  EXPORT,
  MIGRATE,
  RUN,
  GIT_CREDENTIAL,
  DOCKER_CREDENTIAL,
];

import type { Command } from "./command.ts";

/** A command, loaded when it is named: most calls are a get, which would spend its time on loading. */
interface CommandRow {
  name: string;
  load(): Promise<Command>;
}

/** Every command, in the order of the help: Python's first. */
export const COMMANDS: readonly CommandRow[] = [
  { name: "get", load: async () => (await import("./commands/get.ts")).GET },
  { name: "set", load: async () => (await import("./commands/set.ts")).SET },
  { name: "del", load: async () => (await import("./commands/del.ts")).DEL },
  { name: "diagnose", load: async () => (await import("./commands/diagnose.ts")).DIAGNOSE },
  { name: "list", load: async () => (await import("./commands/list.ts")).LIST },
  { name: "prune", load: async () => (await import("./commands/prune.ts")).PRUNE },
  { name: "windows", load: async () => (await import("./commands/windows.ts")).WINDOWS },
  { name: "file", load: async () => (await import("./commands/file.ts")).FILE },
  { name: "import", load: async () => (await import("./commands/import.ts")).IMPORT },
  { name: "export", load: async () => (await import("./commands/export.ts")).EXPORT },
  { name: "migrate", load: async () => (await import("./commands/migrate.ts")).MIGRATE },
  { name: "run", load: async () => (await import("./commands/run.ts")).RUN },
  {
    name: "git-credential",
    load: async () => (await import("./commands/git_credential.ts")).GIT_CREDENTIAL,
  },
  {
    name: "docker-credential",
    load: async () => (await import("./commands/docker_credential.ts")).DOCKER_CREDENTIAL,
  },
  { name: "setup", load: async () => (await import("./commands/setup.ts")).SETUP },
];

export const COMMAND_NAMES: readonly string[] = COMMANDS.map(({ name }) => name);

/** Loads the commands that are named among these words; by default, all. */
export function loadCommands(words = COMMAND_NAMES): Promise<Command[]> {
  return Promise.all(
    COMMANDS.filter(({ name }) => words.includes(name)).map(({ load }) => load()),
  );
}

import { type BackendRow, BACKENDS, findBackend } from "../../registry.ts";
import type { Call, Command } from "../command.ts";
import { installLine } from "../install_line.ts";
import { escapeControls, print } from "../output.ts";
import { withNotice } from "../progress.ts";
import { UsageError } from "../usage_error.ts";

export const SETUP: Command = {
  name: "setup",
  words: "",
  summary: "Print the line that installs this command with few permissions",
  details:
    "Prints the deno install line for what you need, to be run in this system's shell (on\n" +
    "Windows, PowerShell): for the chosen keyring, or those of --store, and for the programs and\n" +
    "files that you name. Name all at once: the line replaces what was installed before. setup\n" +
    "itself changes nothing and needs no permission; with --allow-env, the line has the paths of\n" +
    "this machine. With -A instead of the flags, the command can do whatever you can.",
  options: ["store", "run", "read", "write"],
  examples: [
    "keyring setup",
    "keyring setup --run npm --run make --read entries.csv",
    "keyring setup --store file --write backups",
  ],
  run: runSetup,
};

async function runSetup({ options, context }: Call): Promise<number> {
  const { store = [], run = [], read = [], write = [] } = options;
  const wanted = { stores: store.map(findStore), run, read, write };
  const line = await withNotice(context, "asking the stores…", () => installLine(wanted));
  await print(context, `${line}\n`);
  return 0;
}

function findStore(name: string): BackendRow {
  const row = findBackend(name);
  const here = BACKENDS.filter(({ os }) => os === undefined || os === Deno.build.os);
  if (row && here.includes(row)) return row;
  const choices = here.map(({ id }) => `'${id}'`).join(", ");
  throw new UsageError(
    `argument --store: invalid choice: '${escapeControls(name)}' (choose from ${choices})`,
  );
}

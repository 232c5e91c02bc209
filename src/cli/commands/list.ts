import type { EntryInfo, Keyring } from "../../keyring.ts";
import type { Call, Command } from "../command.ts";
import { targetMatcher } from "../../lib/glob.ts";
import { formatColumns } from "../columns.ts";
import { type Json, print, pythonJson } from "../output.ts";
import { inBatch } from "../../records/work.ts";
import { untilDone } from "../progress.ts";
import { printCredentials } from "./show_credentials.ts";
import { managerOf } from "./windows_target.ts";

export const LIST: Command = {
  name: "list",
  words: "[SERVICE]",
  summary: "List services and usernames, never a password",
  details:
    "Lists every entry, or those of one service, one per line. With --output json, prints an\n" +
    "array of objects with all that the store knows except the password. With --all, lists\n" +
    "the same as keyring windows list --all.",
  options: [
    "target",
    "all",
    "output",
    "layout",
    "keyring-backend",
    "keyring-path",
    "ignore-config",
  ],
  examples: ["keyring list", 'keyring list --target "git:*"', "keyring list --output json my_app"],
  run: runList,
};

async function runList(call: Call): Promise<number> {
  const { options, service, context } = call;
  if (options.all) {
    const filter = service ?? options.target ?? "*";
    const found = (await managerOf(call)).enumerate({ filter, all: true });
    await printCredentials(context, found, options.output === "json");
    return 0;
  }
  const keyring = await call.open();
  const entries = await untilDone(
    context,
    "listing entries…",
    (signal) => inBatch(keyring, (opened) => selectEntries(call, opened, signal), { signal }),
  );
  const text = options.output === "json"
    ? `${pythonJson(entries.map(describe))}\n`
    : await formatColumns(
      entries.map((entry) => [entry.service, entry.username]),
      context.columns(),
    );
  await print(context, text);
  return 0;
}

/** Lists the entries that a call selects by its service and `--target`. */
export async function selectEntries(
  { options, service }: Call,
  keyring: Keyring,
  signal: AbortSignal,
): Promise<EntryInfo[]> {
  const matches = targetMatcher(options.target ?? "*");
  const listed = await keyring.list(service === undefined ? { signal } : { service, signal });
  return listed.filter((entry) => matches(entry.service));
}

// Picks the members by name: a store's own entries may contain more than should be shown.
function describe({ service, username, modified, persistence, comment }: EntryInfo): Json {
  return {
    service,
    username,
    ...(modified && { modified: modified.toISOString() }),
    ...(persistence && { persistence }),
    ...(comment && { comment }),
  };
}

/**
 * `keyring list`
 *
 * @module
 */

import type { EntryInfo } from "../keyring.ts";
import type { Call, Command } from "./command.ts";
import { targetMatcher } from "../credential_manager/filter.ts";
import { escapeControls, formatColumns, type Json, print, pythonJson } from "./output.ts";
import { printCredentials } from "./show_credentials.ts";
import { stoppable } from "./signals.ts";
import { UsageError } from "./usage_error.ts";
import { managerOf } from "./windows_target.ts";

/** Lists the entries. */
export const LIST: Command = {
  name: "list",
  words: "[SERVICE]",
  summary: "List services and usernames, never a password",
  details:
    "Lists every entry, or those of one service, a line each. With --output json it is an\n" +
    "array of objects that hold all that the store knows, but the password. With --all it\n" +
    "lists what keyring windows list --all does.",
  options: ["target", "all", "output", "keyring-backend", "keyring-path"],
  examples: ["keyring list", "keyring list --target 'git:*'", "keyring list --output json my_app"],
  run: runList,
};

async function runList(call: Call): Promise<number> {
  const { options, service, username, parts } = call;
  if (username !== undefined) {
    throw new UsageError(`unrecognized arguments: ${escapeControls(username)}`);
  }
  const matches = targetMatcher(options.target ?? "*");
  if (options.all) {
    const filter = service ?? options.target ?? "*";
    const found = managerOf(call).enumerate({ filter, all: true });
    await printCredentials(parts, found, options.output === "json");
    return 0;
  }
  const keyring = await call.open();
  const listed = await stoppable((signal) =>
    keyring.list(service === undefined ? { signal } : { service, signal })
  );
  const entries = listed.filter((entry) => matches(entry.service));
  const text = options.output === "json"
    ? `${pythonJson(entries.map(describe))}\n`
    : formatColumns(entries.map((entry) => [entry.service, entry.username]), parts.columns());
  await print(parts, text);
  return 0;
}

// Picks the members by name: a store's own entries may carry more than they should show.
function describe({ service, username, modified, persistence, comment }: EntryInfo): Json {
  return {
    service,
    username,
    ...(modified && { modified: modified.toISOString() }),
    ...(persistence && { persistence }),
    ...(comment && { comment }),
  };
}

/**
 * `keyring export`
 *
 * @module
 */

import type { EntryInfo, Keyring } from "../keyring.ts";
import type { Call, Command, Parts } from "./command.ts";
import { confirm } from "./confirm.ts";
import type { Entry } from "./entries/entry.ts";
import { type Fetched, fetchEntries } from "./entries/fetch.ts";
import { type Format, formatEntries, formatOf } from "./entries/format.ts";
import { writeOwnFile } from "./file.ts";
import { messageOf, printBytes, printErrors } from "./output.ts";
import { selectEntries } from "./list.ts";
import { Progress } from "./progress.ts";
import { stoppable } from "./signals.ts";
import { CommandError, UsageError } from "./usage_error.ts";
import { refuseWord } from "./words.ts";

/** Writes many entries. */
export const EXPORT: Command = {
  name: "export",
  words: "[SERVICE]",
  summary: "Write entries with their secrets, for import",
  details:
    "Writes the entries that list shows, as JSON Lines, or as CSV when --out ends with .csv.\n" +
    "Asks before it shows secrets on a terminal. A secret that is no text is written as base64.\n" +
    "When one secret cannot be read, that is told and nothing is written.\n" +
    "The file holds secrets in plain text: delete it when it is imported.",
  options: ["target", "format", "out", "force", "names-only", "keyring-backend", "keyring-path"],
  examples: [
    "keyring export --out backup.jsonl",
    "keyring export --names-only --format csv",
    "keyring export my_app | ssh host keyring import",
  ],
  run: runExport,
};

async function runExport(call: Call): Promise<number> {
  const { options, username } = call;
  refuseWord(username);
  if (options.force && options.out === undefined) {
    throw new UsageError("export --force replaces the file of --out");
  }
  const keyring = await call.open();
  const names = await selectEntries(call, keyring);
  const entries = options["names-only"] ? names : await readAll(call, keyring, names);
  await write(call, entries);
  return 0;
}

async function readAll(call: Call, keyring: Keyring, names: EntryInfo[]): Promise<Entry[]> {
  const { options, parts } = call;
  if (options.out === undefined && parts.outIsTerminal()) await requireLeave(parts, names.length);
  const { entries, failures } = await stoppable((signal) =>
    fetchAll(parts, keyring, names, signal)
  );
  if (failures.length === 0) return entries;
  await printErrors(parts, failures.map(messageOf));
  throw new CommandError(
    `Nothing was written: of ${names.length} secrets ${failures.length} could not be read`,
  );
}

async function fetchAll(
  parts: Parts,
  keyring: Keyring,
  names: EntryInfo[],
  signal: AbortSignal,
): Promise<Fetched> {
  await using progress = new Progress(parts, "reading", names.length);
  return await fetchEntries(keyring, names, { signal, step: () => progress.step() });
}

async function requireLeave(parts: Parts, count: number): Promise<void> {
  const question = `Show ${count} ${count === 1 ? "secret" : "secrets"} on this terminal?`;
  if (await confirm(parts, question)) return;
  throw new CommandError("Nothing was written. Use --out FILE, or redirect the output.");
}

async function write({ options, parts }: Call, entries: readonly Entry[]): Promise<void> {
  const { out } = options;
  const format = options.format ?? (out && formatOf(out)) ?? "jsonl";
  const bytes = new TextEncoder().encode(formatEntries(entries, format as Format));
  if (out === undefined) return await printBytes(parts, bytes);
  try {
    await writeOwnFile(out, bytes, options.force === true);
  } finally {
    bytes.fill(0);
  }
}

import type { EntryInfo, Keyring } from "../keyring.ts";
import type { Call, Parts } from "../cli/command.ts";
import { selectEntries } from "../cli/commands/list.ts";
import { messageOf, printBytes, printErrors } from "../cli/output.ts";
import { stoppable } from "../cli/signals.ts";
import { CommandError, UsageError } from "../cli/usage_error.ts";
import { refuseWord } from "../cli/words.ts";
import { confirm } from "../cli/confirm.ts";
import type { Entry } from "./record.ts";
import { type Fetched, fetchEntries } from "./fetch.ts";
import { OwnFile } from "../cli/files.ts";
import { type Format, formatEntries, formatOf } from "./format.ts";
import { Progress } from "../cli/progress.ts";

export async function runExport(call: Call): Promise<number> {
  const { options, username, parts } = call;
  refuseWord(username);
  if (options.force && options.out === undefined) {
    throw new UsageError("export --force replaces the file of --out");
  }
  const keyring = await call.open();
  if (options.out === undefined && !options["names-only"]) await requireLeave(parts);
  await stoppable(async (signal) => {
    await using file = options.out === undefined
      ? undefined
      : await OwnFile.create(options.out, options.force === true);
    const names = await selectEntries(call, keyring, signal);
    const entries = options["names-only"] ? names : await readAll(parts, keyring, names, signal);
    await write(call, entries, file);
  });
  return 0;
}

async function readAll(
  parts: Parts,
  keyring: Keyring,
  names: EntryInfo[],
  signal: AbortSignal,
): Promise<Entry[]> {
  const { entries, failures } = await fetchAll(parts, keyring, names, signal);
  if (failures.length === 0) return entries;
  await printErrors(parts, failures.map(messageOf));
  throw new CommandError(
    `Nothing was written: of ${names.length} secrets ${failures.length} could not be read`,
  );
}

async function requireLeave(parts: Parts): Promise<void> {
  if (!parts.outIsTerminal() || await confirm(parts, "Show secrets on this terminal?")) return;
  throw new CommandError("Nothing was written. Use --out FILE, or redirect the output.");
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

async function write(
  { options, parts }: Call,
  entries: readonly Entry[],
  file: OwnFile | undefined,
): Promise<void> {
  const format = options.format ?? (options.out && formatOf(options.out)) ?? "jsonl";
  const bytes = new TextEncoder().encode(formatEntries(entries, format as Format));
  if (file) await file.write(bytes);
  else await printBytes(parts, bytes);
}

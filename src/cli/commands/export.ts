import type { EntryInfo, Keyring } from "../../keyring.ts";
import type { Format } from "../../records/format.ts";
import type { Entry } from "../../records/record.ts";
import type { Call, Command, Context } from "../command.ts";
import { OwnFile } from "../files.ts";
import { escapeControls, messageOf, printBytes, printError, printErrors } from "../output.ts";
import { withNotice, withProgress } from "../progress.ts";
import { untilSignal } from "../signals.ts";
import { CommandError, UsageError } from "../usage_error.ts";
import { selectEntries } from "./list.ts";

export const EXPORT: Command = {
  name: "export",
  words: "[SERVICE]",
  summary: "Write entries with their secrets, for import",
  details:
    "Writes the entries that list shows, as JSON Lines, or as CSV if --out ends with .csv.\n" +
    "Asks before it shows secrets on a terminal. A secret that is not text is written as\n" +
    "base64. If a secret cannot be read, that is reported and nothing is written; with\n" +
    "--skip-unreadable the others are written, and the exit code is 1.\n" +
    "The file holds secrets in plain text: delete it after the import.",
  options: [
    "target",
    "format",
    "out",
    "force",
    "names-only",
    "skip-unreadable",
    "layout",
    "keyring-backend",
    "keyring-path",
    "ignore-config",
  ],
  examples: [
    "keyring export --out backup.jsonl",
    "keyring export --names-only --format csv",
    "keyring export my_app | ssh host keyring import",
  ],
  run: runExport,
};

async function runExport(call: Call): Promise<number> {
  const { options, context } = call;
  if (options.force && options.out === undefined) {
    throw new UsageError("export --force replaces the file of --out");
  }
  // Elsewhere "-" is a pipe, and here it would be a file full of secrets in the current folder.
  if (options.out === "-" || options.out === "") {
    throw new UsageError("argument --out: name a file; without it, export writes to a pipe");
  }
  const keyring = await call.open();
  const toTerminal = options.out === undefined && context.outIsTerminal();
  if (toTerminal && !options["names-only"]) await confirmExposure(context);
  return await untilSignal(async (signal) => {
    await using file = options.out === undefined
      ? undefined
      : await OwnFile.create(options.out, options.force === true);
    if (file?.isTerminal && !options["names-only"]) await confirmExposure(context);
    const format = await formatFor(call);
    const { entries, failures } = await readEntries(call, keyring, signal);
    await write(call, entries, format, file);
    return failures.length === 0 ? 0 : await reportSkipped(context, entries, failures);
  });
}

async function confirmExposure(context: Context): Promise<void> {
  if (await confirm(context, "Show secrets on this terminal?")) return;
  throw new CommandError("Nothing was written. Use --out FILE, or redirect the output.");
}

/** Asks a person, on standard error. */
async function confirm({ stdin, writeErr }: Context, question: string): Promise<boolean> {
  if (!stdin.isTerminal()) return false;
  await writeErr(new TextEncoder().encode(`${question} [y/N] `));
  const buffer = new Uint8Array(256);
  // A terminal delivers one line at a time.
  const length = await stdin.read(buffer);
  const answer = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  return /^y(es)?$/i.test(answer.trim());
}

// The code that reads and writes entries is loaded in these functions, so that no other command loads
// it.

async function formatFor({ options: { format, out } }: Call): Promise<Format> {
  const { formatOf } = await import("../../records/format.ts");
  return (format as Format | undefined) ?? formatOf(out ?? "") ?? "jsonl";
}

interface Found {
  entries: Entry[];
  /** Why the others could not be read. */
  failures: unknown[];
}

async function readEntries(call: Call, keyring: Keyring, signal: AbortSignal): Promise<Found> {
  const { inBatch } = await import("../../records/work.ts");
  return await inBatch(keyring, async (opened) => {
    const list = () => selectEntries(call, opened, signal);
    const entries = await withNotice(call.context, "listing entries…", list);
    if (call.options["names-only"]) return { entries, failures: [] };
    return await readAll(call, opened, entries, signal);
  }, { signal });
}

async function readAll(
  { options, context }: Call,
  keyring: Keyring,
  names: EntryInfo[],
  signal: AbortSignal,
): Promise<Found> {
  const { fetchEntries } = await import("../../records/export.ts");
  const skip = options["skip-unreadable"] === true;
  const found = await withProgress(context, "reading", names.length, (step) => {
    return fetchEntries(keyring, names, { signal, step, skipLocked: skip });
  });
  const { entries, failures, stopped } = found;
  const canSkip = !stopped && entries.length > 0;
  if (failures.length === 0 || (skip && canSkip)) return found;
  await printErrors(context, failures.map(messageOf));
  const advice = canSkip ? ". Use --skip-unreadable to leave them out." : "";
  throw new CommandError(
    `Nothing was written: ${failures.length} of ${names.length} secrets could not be read${advice}`,
  );
}

// All of them: nothing else shows what is missing from a backup.
async function reportSkipped(
  context: Context,
  entries: readonly Entry[],
  failures: readonly unknown[],
): Promise<number> {
  for (const failure of failures) await printError(context, messageOf(failure));
  const total = entries.length + failures.length;
  await printError(
    context,
    `${failures.length} of ${total} secrets could not be read and were left out`,
  );
  return 1;
}

async function write(
  { context }: Call,
  entries: readonly Entry[],
  format: Format,
  file: OwnFile | undefined,
): Promise<void> {
  const { formatEntries } = await import("../../records/format.ts");
  const isTerminal = file ? file.isTerminal : context.outIsTerminal();
  // JSON Lines are in ASCII.
  const shown = isTerminal && format === "csv" ? entries.map(escapeEntry) : entries;
  const bytes = new TextEncoder().encode(formatEntries(shown, format));
  if (file) await file.write(bytes);
  else await printBytes(context, bytes);
}

function escapeEntry({ service, username, secret }: Entry): Entry {
  return {
    service: escapeControls(service),
    username: escapeControls(username),
    ...(secret !== undefined && {
      secret: typeof secret === "string" ? escapeControls(secret) : secret,
    }),
  };
}

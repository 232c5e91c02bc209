import type { EntryInfo, Keyring } from "../../keyring.ts";
import type { Format } from "../../records/format.ts";
import type { Entry } from "../../records/record.ts";
import type { Call, Command, Context } from "../command.ts";
import { OwnFile } from "../files.ts";
import { messageOf, printBytes, printErrors } from "../output.ts";
import { withProgress } from "../progress.ts";
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
    "base64. If a secret cannot be read, that is reported and nothing is written.\n" +
    "The file holds secrets in plain text: delete it once it is imported.",
  options: ["target", "format", "out", "force", "names-only", "keyring-backend", "keyring-path"],
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
  const keyring = await call.open();
  if (options.out === undefined && !options["names-only"]) await confirmExposure(context);
  await untilSignal(async (signal) => {
    await using file = options.out === undefined
      ? undefined
      : await OwnFile.create(options.out, options.force === true);
    await write(call, await readEntries(call, keyring, signal), file);
  });
  return 0;
}

async function confirmExposure(context: Context): Promise<void> {
  if (!context.outIsTerminal() || await confirm(context, "Show secrets on this terminal?")) return;
  throw new CommandError("Nothing was written. Use --out FILE, or redirect the output.");
}

/** Asks a person, on standard error. */
async function confirm({ stdin, writeErr }: Context, question: string): Promise<boolean> {
  if (!stdin.isTerminal()) return false;
  await writeErr(new TextEncoder().encode(`${question} [y/N] `));
  const buffer = new Uint8Array(256);
  // A terminal hands out a line at a time.
  const length = await stdin.read(buffer);
  const answer = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  return /^y(es)?$/i.test(answer.trim());
}

// What reads and writes entries is loaded in these functions, so that no other command loads it.

async function readEntries(call: Call, keyring: Keyring, signal: AbortSignal): Promise<Entry[]> {
  const { inBatch } = await import("../../records/work.ts");
  return await inBatch(keyring, async (opened) => {
    const names = await selectEntries(call, opened, signal);
    return call.options["names-only"] ? names : await readAll(call.context, opened, names, signal);
  }, { signal });
}

async function readAll(
  context: Context,
  keyring: Keyring,
  names: EntryInfo[],
  signal: AbortSignal,
): Promise<Entry[]> {
  const { fetchEntries } = await import("../../records/export.ts");
  const { entries, failures } = await withProgress(context, "reading", names.length, (step) => {
    return fetchEntries(keyring, names, { signal, step });
  });
  if (failures.length === 0) return entries;
  await printErrors(context, failures.map(messageOf));
  throw new CommandError(
    `Nothing was written: ${failures.length} of ${names.length} secrets could not be read`,
  );
}

async function write(
  { options, context }: Call,
  entries: readonly Entry[],
  file: OwnFile | undefined,
): Promise<void> {
  const { formatEntries, formatOf } = await import("../../records/format.ts");
  const format = options.format ?? (options.out && formatOf(options.out)) ?? "jsonl";
  const bytes = new TextEncoder().encode(formatEntries(entries, format as Format));
  if (file) await file.write(bytes);
  else await printBytes(context, bytes);
}

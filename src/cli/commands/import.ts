import { KeyringError } from "../../errors.ts";
import type { Keyring } from "../../keyring.ts";
import { TextError } from "../../lib/text.ts";
import type { Format } from "../../records/format.ts";
import type { Outcome } from "../../records/import.ts";
import type { OnConflict, Plan } from "../../records/plan.ts";
import type { Contents, LineError, ReadEntry } from "../../records/record.ts";
import type { Call, Command, Context } from "../command.ts";
import { openToRead } from "../files.ts";
import { messageOf, print, printErrors } from "../output.ts";
import { eraseEcho, withProgress } from "../progress.ts";
import { LARGEST_INPUT, withAll } from "../read_password.ts";
import { untilSignal } from "../signals.ts";
import { CommandError, UsageError } from "../usage_error.ts";

export const IMPORT: Command = {
  name: "import",
  words: "[FILE]",
  summary: "Store the entries of a file",
  details: "Reads JSON Lines or CSV from a file, or from a pipe if the file is omitted or -.\n" +
    'JSON Lines: {"service": "my_app", "username": "alice", "password": "…"}, one per line.\n' +
    "CSV: a header with these names, then one entry per line, separated by commas, semicolons\n" +
    "or tabs. --map reads the exports of other programs, whose columns have other names.\n" +
    "For bytes, use base64 instead of password. The whole file is checked first. If a line is\n" +
    "wrong, or an entry already exists (without --on-conflict), those lines are reported and\n" +
    "nothing is stored. Entries that the store then refuses are reported with their lines, and\n" +
    "the others are stored.",
  options: [
    "format",
    "map",
    "dry-run",
    "on-conflict",
    "layout",
    "keyring-backend",
    "keyring-path",
    "ignore-config",
  ],
  examples: [
    "keyring import entries.jsonl",
    "keyring import --dry-run entries.csv",
    "keyring import --on-conflict=skip entries.csv",
    "keyring import --map service=url,username=login,password=pass export.csv",
  ],
  run: runImport,
};

const MAPPED = ["service", "username", "password", "base64"];

// The code that reads and stores entries is loaded in these functions, so that no other command loads
// it.

async function runImport(call: Call): Promise<number> {
  if ((call.service ?? "-") === "-" && call.context.stdin.isTerminal()) {
    throw new UsageError("import requires a file or a pipe");
  }
  const keyring = await call.open();
  const { entries, problems } = await readFile(call, keyring);
  try {
    await refuseWrong(call.context, problems);
    return await untilSignal((signal) => store(call, keyring, entries, signal));
  } finally {
    for (const { secret } of entries) if (typeof secret !== "string") secret.fill(0);
  }
}

async function readFile({ options, service, context }: Call, keyring: Keyring): Promise<Contents> {
  const { formatOf } = await import("../../records/format.ts");
  const { readEntries } = await import("../../records/read.ts");
  const { keyOf } = await import("../../records/plan.ts");
  const path = service ?? "-";
  const format = (options.format ?? formatOf(path)) as Format | undefined;
  const columns = readMap(options.map ?? []);
  const limits = {
    ...(columns && { columns }),
    secretBytes: keyring.maxSecretBytes ?? Infinity,
    keyOf: (entry: ReadEntry) => keyOf(keyring, entry),
  };
  using file = path === "-" ? undefined : await openToRead(path);
  try {
    return await withAll(
      file ?? context.stdin,
      (bytes) => readEntries(bytes, format, limits),
      `The input is larger than ${LARGEST_INPUT} bytes`,
    );
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new CommandError(`Nothing was stored: ${error.message}`);
  }
}

/** Reads `service=url,username=login`; `undefined` if nothing is mapped. */
function readMap(values: readonly string[]): Record<string, string> | undefined {
  if (values.length === 0) return undefined;
  const map: Record<string, string> = {};
  for (const pair of values.flatMap((value) => value.split(","))) {
    const [, field = "", column = ""] = /^\s*(\w+)\s*=(.*)$/s.exec(pair) ?? [];
    if (!MAPPED.includes(field) || column.trim() === "") {
      throw new UsageError(
        `argument --map: write it as FIELD=COLUMN,…; the fields are ${MAPPED.join(", ")}`,
      );
    }
    if (map[field] !== undefined) throw new UsageError(`argument --map: ${field} is given twice`);
    map[field] = column.trim().toLowerCase();
  }
  return map;
}

async function store(
  { options, context }: Call,
  keyring: Keyring,
  entries: ReadEntry[],
  signal: AbortSignal,
): Promise<number> {
  const { importEntries } = await import("../../records/import.ts");
  const { refused, plan, outcome } = await importEntries(keyring, entries, {
    onConflict: (options["on-conflict"] ?? "fail") as OnConflict,
    dryRun: options["dry-run"] === true,
    signal,
    withProgress: (part, total, run) => withProgress(context, part, total, run),
  });
  if (signal.aborted) await eraseEcho(context);
  if (outcome) return await summarize(context, outcome);
  await refuseWrong(context, refused);
  if (plan.conflicts.length > 0) return await refuse(context, plan);
  const replaced = plan.todo.filter(({ replaces }) => replaces).length;
  const stored = plan.todo.length - replaced;
  await print(context, `would store ${stored}, replace ${replaced}, skip ${plan.skipped}\n`);
  return 0;
}

async function refuseWrong(context: Context, problems: readonly LineError[]): Promise<void> {
  if (problems.length === 0) return;
  await report(context, problems);
  throw new CommandError(
    `Nothing was stored: ${count(problems.length, "line is", "lines are")} wrong`,
  );
}

async function refuse(context: Context, { conflicts }: Plan): Promise<never> {
  await report(context, conflicts);
  const found = count(conflicts.length, "entry already exists", "entries already exist");
  const advice = "Use --on-conflict=skip or --on-conflict=replace.";
  throw new CommandError(`Nothing was stored: ${found}. ${advice}`);
}

// Printed once the store has saved everything, never before.
async function summarize(context: Context, outcome: Outcome): Promise<number> {
  const { stored, replaced, skipped, failed, left, unsaved } = outcome;
  await report(context, failed.map(({ line, error }) => ({ line, message: messageOf(error) })));
  if (unsaved !== undefined) throw new CommandError(`Nothing was stored: ${reasonOf(unsaved)}`);
  const rest = left === 0 ? "" : `, not tried ${left}`;
  await print(
    context,
    `stored ${stored}, replaced ${replaced}, skipped ${skipped}, failed ${failed.length}${rest}\n`,
  );
  return failed.length + left === 0 ? 0 : 1;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof KeyringError)) return messageOf(error);
  return error.advice ? `${error.reason}. ${error.advice}` : error.reason;
}

async function report(
  context: Context,
  lines: readonly { line: number; message: string }[],
): Promise<void> {
  await printErrors(context, lines.map(({ line, message }) => `line ${line}: ${message}`));
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

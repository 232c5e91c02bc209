import type { Keyring } from "../keyring.ts";
import type { Call, Parts } from "../cli/command.ts";
import { print, printErrors } from "../cli/output.ts";
import { stoppable } from "../cli/signals.ts";
import { CommandError, UsageError } from "../cli/usage_error.ts";
import { refuseWord } from "../cli/words.ts";
import { entryKey, findExisting, type OnConflict, type Plan, planImport } from "./conflicts.ts";
import type { LineError, ReadEntry } from "./record.ts";
import { openToRead } from "../cli/files.ts";
import { type Format, formatOf } from "./format.ts";
import { Progress } from "../cli/progress.ts";
import { readEntries } from "./read.ts";
import { type Outcome, storeEntries } from "./store.ts";

export async function runImport(call: Call): Promise<number> {
  const { options, service: path = "-", username, parts } = call;
  refuseWord(username);
  if (path === "-" && parts.stdin.isTerminal()) {
    throw new UsageError("import requires a file or a pipe");
  }
  const keyring = await call.open();
  const format = (options.format ?? formatOf(path)) as Format | undefined;
  using file = path === "-" ? undefined : await openToRead(path);
  const { entries, problems } = await readEntries(file ?? parts.stdin, format, {
    secretBytes: keyring.maxSecretBytes ?? Infinity,
    keyOf: (entry) => entryKey(entry, parts.os),
  });
  try {
    if (problems.length > 0) {
      await tell(parts, problems);
      throw new CommandError(
        `Nothing was stored: ${count(problems.length, "line is", "lines are")} wrong`,
      );
    }
    return await stoppable((signal) => importEntries(call, keyring, entries, signal));
  } finally {
    for (const { secret } of entries) if (typeof secret !== "string") secret.fill(0);
  }
}

async function importEntries(
  { options, parts }: Call,
  keyring: Keyring,
  entries: ReadEntry[],
  signal: AbortSignal,
): Promise<number> {
  const existing = await findAll(parts, keyring, entries, signal);
  const onConflict = (options["on-conflict"] ?? "fail") as OnConflict;
  const plan = planImport(entries, existing, onConflict);
  if (plan.conflicts.length > 0) {
    await tell(parts, plan.conflicts);
    const found = count(plan.conflicts.length, "entry is", "entries are");
    throw new CommandError(
      `Nothing was stored: ${found} there already. Choose --on-conflict=skip or =replace.`,
    );
  }
  if (options["dry-run"]) {
    const replaced = plan.todo.filter(({ replaces }) => replaces).length;
    const stored = plan.todo.length - replaced;
    await print(parts, `would store ${stored}, replace ${replaced}, skip ${plan.skipped}\n`);
    return 0;
  }
  return await summarize(parts, await storeAll(parts, keyring, plan, signal));
}

async function findAll(
  parts: Parts,
  keyring: Keyring,
  entries: ReadEntry[],
  signal: AbortSignal,
): Promise<Set<ReadEntry>> {
  await using progress = new Progress(parts, "looking at", entries.length);
  return await findExisting(keyring, entries, parts.os, { signal, step: () => progress.step() });
}

async function storeAll(
  parts: Parts,
  keyring: Keyring,
  plan: Plan,
  signal: AbortSignal,
): Promise<Outcome> {
  await using progress = new Progress(parts, "storing", plan.todo.length);
  return await storeEntries(keyring, plan, { signal, step: () => progress.step() });
}

async function summarize(parts: Parts, outcome: Outcome): Promise<number> {
  const { stored, replaced, skipped, failed, left } = outcome;
  await tell(parts, failed);
  const rest = left === 0 ? "" : `, not tried ${left}`;
  await print(
    parts,
    `stored ${stored}, replaced ${replaced}, skipped ${skipped}, failed ${failed.length}${rest}\n`,
  );
  return failed.length + left === 0 ? 0 : 1;
}

async function tell(parts: Parts, problems: readonly LineError[]): Promise<void> {
  await printErrors(parts, problems.map(({ line, message }) => `line ${line}: ${message}`));
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

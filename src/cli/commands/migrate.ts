import { KeyringError } from "../../errors.ts";
import type { Keyring } from "../../keyring.ts";
import { isLayoutName } from "../../layouts/names.ts";
import type { MigratedEntry, MigrateOptions } from "../../records/migration.ts";
import { layoutBackend } from "../../registry.ts";
import { formatColumns } from "../columns.ts";
import type { Call, Command } from "../command.ts";
import { escapeControls, messageOf, print, printErrors } from "../output.ts";
import { passphraseAsker } from "../passphrase.ts";
import { eraseEcho, withNotice, withProgress } from "../progress.ts";
import { untilSignal } from "../signals.ts";
import { UsageError } from "../usage_error.ts";

export const MIGRATE: Command = {
  name: "migrate",
  words: "",
  summary: "Copy entries from another program or keyring",
  details:
    "Copies entries from a program that keeps them in this system's store, such as keytar, or\n" +
    "from a keyring, named as for -b. Each is stored, read back and compared, and with --delete\n" +
    "then deleted from the source. An entry that differs is left alone unless --force is given.\n" +
    "Prints the outcome for each entry, never a secret. The exit code is 1 if any was skipped.\n" +
    "A second run changes nothing. Do not run it at every start: it would bring back tokens\n" +
    "that have since been revoked and deleted.",
  options: ["from", "to", "service", "rename", "dry-run", "delete", "force"],
  examples: [
    "keyring migrate --from keytar --service my_app --dry-run",
    "keyring migrate --from keytar --service my_app --delete",
    "keyring migrate --from secret-service --to kwallet",
    "keyring migrate --from go --to python --rename gh:github.com=github",
  ],
  run: runMigrate,
};

async function runMigrate(call: Call): Promise<number> {
  const { options, context } = call;
  const { from: source, to: target } = options;
  if (source === undefined) throw new UsageError("migrate requires --from");
  const migration = optionsOf(call);
  const from = await openSource(call, source);
  const to = target === undefined ? await call.open() : await openSource(call, target);
  const { migrateEntries } = await import("../../records/migrate.ts");
  return await untilSignal(async (signal) => {
    let aborted: MigratedEntry[] | undefined;
    const entries = await migrateEntries(from, to, { ...migration, signal }, {
      list: (run) => withNotice(context, "listing entries…", run),
      withProgress: (part, total, run) => withProgress(context, part, total, run),
      onAbort: (entries) => aborted = entries,
    }).catch((error) => {
      if (aborted) return aborted;
      throw error;
    });
    if (!aborted) return await report(call, entries, entries);
    await eraseEcho(context);
    return await report(call, entries, entries.filter(({ state }) => state !== "not tried"));
  });
}

async function report(
  { options, context }: Call,
  entries: readonly MigratedEntry[],
  shown: readonly MigratedEntry[],
): Promise<number> {
  const failed = entries.filter(({ error }) => error !== undefined);
  await printErrors(context, failed.map(({ error }) => messageOf(error)));
  const lines = shown.map((entry) => lineOf(entry, options["dry-run"] === true));
  if (lines.length > 0) await print(context, await formatColumns(lines, context.columns()));
  await print(context, `${summary(entries, options["dry-run"] === true)}\n`);
  return entries.some(isSkipped) ? 1 : 0;
}

function optionsOf({ options }: Call): MigrateOptions {
  const rename = (options.rename ?? []).map((pair): [string, string] => {
    // A service may contain an equals sign, but rarely do both.
    const [old, service, ...rest] = pair.split("=");
    if (old && service && rest.length === 0) return [old, service];
    throw new UsageError(`argument --rename: '${escapeControls(pair)}' is not OLD=NEW`);
  });
  return {
    ...(options.service?.length && { services: options.service }),
    rename: Object.fromEntries(rename),
    dryRun: options["dry-run"] === true,
    delete: options.delete === true,
    force: options.force === true,
  };
}

async function openSource({ context }: Call, name: string): Promise<Keyring> {
  const options = { askPassphrase: passphraseAsker(context) };
  try {
    if (!isLayoutName(name)) return await context.load(name, undefined, options);
    const store = layoutBackend(context.os)?.id;
    if (store === undefined) throw new UsageError(`No program keeps entries in a store here`);
    return await context.load(store, undefined, { ...options, layout: name });
  } catch (error) {
    if (!(error instanceof KeyringError)) throw error;
    throw new UsageError(`Unable to load specified keyring: ${escapeControls(error.message)}`);
  }
}

function lineOf({ from, to, state, deleted }: MigratedEntry, isPlan: boolean): string[] {
  const said = isPlan ? PLANNED[state] ?? state : `${state}${deleted ? ", deleted" : ""}`;
  const renamed = from.service === to.service ? [] : [`as ${to.service}`];
  return [said, from.service, from.username, ...renamed];
}

const PLANNED: Partial<Record<MigratedEntry["state"], string>> = {
  copied: "copy",
  replaced: "replace",
};

function isSkipped({ state }: MigratedEntry): boolean {
  return state === "differs" || state === "failed" || state === "not tried";
}

function summary(entries: readonly MigratedEntry[], isPlan: boolean): string {
  const count = (state: MigratedEntry["state"]) =>
    entries.filter((entry) => entry.state === state).length;
  const deleted = entries.filter((entry) => entry.deleted).length;
  const [copied, replaced] = isPlan ? ["would copy", "replace"] : ["copied", "replaced"];
  return `${copied} ${count("copied")}, ${replaced} ${count("replaced")}, ` +
    `same ${count("same")}, one entry ${count("one entry")}, ` +
    `${isPlan ? "" : `deleted ${deleted}, `}skipped ${entries.filter(isSkipped).length}`;
}

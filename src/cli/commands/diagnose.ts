import type { StoreReport } from "../../choose.ts";
import { locateConfig, locateData } from "../../config.ts";
import { mayRead } from "../../lib/environment.ts";
import { allowFlag } from "../../lib/shell.ts";
import type { LogonReport } from "../../backends/windows/logon.ts";
import type { SessionTypes } from "../../backends/windows/manager_types.ts";
import type { Call, Command, Context } from "../command.ts";
import { formatColumns } from "../columns.ts";
import { escapeControls, print } from "../output.ts";
import { unreadSources } from "../sources.ts";
import { untilDone } from "../progress.ts";

export const DIAGNOSE: Command = {
  name: "diagnose",
  words: "",
  summary: "Show which keyring is used, why, and what is missing",
  details:
    "Shows where the config file is, which keyring was chosen and why, which of the settings\n" +
    "that choose it may not be read, and for each store whether it can be used here, why not,\n" +
    "and which Deno flag is missing. Opens no store and asks for nothing. On Windows it also\n" +
    "shows the account, and what its logon can store and for how long.",
  options: [],
  examples: ["keyring diagnose"],
  run: runDiagnose,
};

// A store that does not answer takes seconds.
const ASKING = "asking the stores…";

async function runDiagnose({ context }: Call): Promise<number> {
  const [stores, chosen] = await untilDone(
    context,
    ASKING,
    (signal) => Promise.all([context.describeStores({ signal }), describeChoice(context)]),
  );
  const logon = context.os === "windows" ? describeLogonLines(await context.describeLogon()) : [];
  const lines = [
    `config path: ${describeConfig(context.os)}`,
    `data root: ${describeData(context.os)}`,
    `chosen: ${chosen}`,
    ...describeUnread(context.os),
    ...logon,
    "stores:",
  ];
  const text = lines.map((line) => `${escapeControls(line)}\n`).join("");
  await print(context, text + await formatColumns(stores.map(describeStore)));
  return 0;
}

function describeLogonLines({ account, types, problem }: LogonReport): string[] {
  const lines = account === undefined ? [] : [
    `account: ${account} (entries belong to it; other accounts do not see them)`,
  ];
  if (types === undefined) return [...lines, `logon: unknown: ${problem}`];
  const stored = Object.entries(types).map(([type, persist]) => `${type} ${persist ?? "none"}`);
  return [
    ...lines,
    `logon stores: ${stored.join(", ")}`,
    `entries persist: ${persistenceLine(types)}`,
  ];
}

function persistenceLine({ generic }: SessionTypes): string {
  if (generic === null) return "no, this logon can store none";
  return generic === "session" ? "no, they end at log-off" : `yes, as ${generic}`;
}

function describeConfig(os: typeof Deno.build.os): string {
  const place = locateConfig(os);
  if (place.path === undefined) return `unknown (${place.reason})`;
  const { path } = place;
  if (!mayRead(path)) return `${path} (not looked at: ${allowFlag("read", path)} is missing)`;
  try {
    Deno.statSync(path);
    return path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${path} (absent)`;
    return `${path} (${error instanceof Error ? error.message : error})`;
  }
}

function describeData(os: typeof Deno.build.os): string {
  const place = locateData(os);
  return place.path ?? `unknown (${place.reason})`;
}

function describeUnread(os: typeof Deno.build.os): string[] {
  const { names, flags } = unreadSources(os);
  return names.length > 0 ? [`not read: ${names.join(", ")} (${flags} is missing)`] : [];
}

async function describeChoice(context: Context): Promise<string> {
  try {
    const { keyring, id, by } = await context.choose({ ask: false });
    return `${id} (${keyring.name}), by ${by}`;
  } catch (error) {
    return `none. ${error instanceof Error ? error.message : error}`;
  }
}

function describeStore(store: StoreReport): string[] {
  const { id, name, priority, viable, reason, note, flag } = store;
  const state = viable ? "viable" : "not viable";
  const missing = flag === undefined ? "" : `, needs ${flag}`;
  const more = reason ?? note;
  const why = more === undefined ? "" : `: ${more}`;
  return [`  ${id}`, name, `priority ${priority}`, `${state}${missing}${why}`];
}

/** Prints the keyrings that can be used here, as Python's `--list-backends` does. */
export async function listBackends(context: Context): Promise<number> {
  const stores = await untilDone(context, ASKING, (signal) => context.describeStores({ signal }));
  const lines = stores.filter(({ viable }) => viable)
    .map(({ id, pythonName, priority }) => `${pythonName || id} (priority: ${priority})\n`);
  await print(context, lines.join(""));
  return 0;
}

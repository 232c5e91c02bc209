import type { StoreReport } from "../../choose.ts";
import { configPath, dataRoot } from "../../config.ts";
import { mayRead } from "../../lib/environment.ts";
import type { LogonReport } from "../../backends/windows/logon.ts";
import type { SessionTypes } from "../../backends/windows/manager_types.ts";
import type { Call, Command, Context } from "../command.ts";
import { untilSignal } from "../signals.ts";
import { formatColumns } from "../columns.ts";
import { escapeControls, print } from "../output.ts";

export const DIAGNOSE: Command = {
  name: "diagnose",
  words: "",
  summary: "Show which keyring is used, why, and what is missing",
  details:
    "Shows where the config file is, which keyring was chosen by what, and for each store\n" +
    "whether it can be used here, why not, and which Deno flag it lacks. Opens none. On\n" +
    "Windows it also shows the account, and what its logon can store for how long.",
  options: [],
  examples: ["keyring diagnose"],
  run: runDiagnose,
};

async function runDiagnose({ context }: Call): Promise<number> {
  const [stores, chosen] = await Promise.all([describeAll(context), describeChoice(context)]);
  const logon = context.os === "windows" ? describeLogonLines(await context.describeLogon()) : [];
  const lines = [
    `config path: ${describeConfig(context.os)}`,
    `data root: ${dataRoot(context.os) ?? unknown(context.os)}`,
    `chosen: ${chosen}`,
    ...logon,
    "stores:",
  ];
  const text = lines.map((line) => `${escapeControls(line)}\n`).join("");
  await print(context, text + formatColumns(stores.map(describeStore)));
  return 0;
}

// A store that does not answer takes seconds.
function describeAll(context: Context): Promise<StoreReport[]> {
  return untilSignal((signal) => context.describeStores({ signal }));
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
  const path = configPath(os);
  if (path === undefined) return unknown(os);
  if (!mayRead(path)) return `${path} (not looked at: --allow-read=${path} is missing)`;
  try {
    Deno.statSync(path);
    return path;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${path} (absent)`;
    return `${path} (${error instanceof Error ? error.message : error})`;
  }
}

function unknown(os: typeof Deno.build.os): string {
  return os === "windows"
    ? "unknown (--allow-env=LOCALAPPDATA is missing)"
    : "unknown (--allow-env=HOME,XDG_CONFIG_HOME,XDG_DATA_HOME is missing)";
}

async function describeChoice(context: Context): Promise<string> {
  try {
    const { keyring, id, by } = await context.choose();
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
  const stores = await describeAll(context);
  const lines = stores.filter(({ viable }) => viable)
    .map(({ id, pythonName, priority }) => `${pythonName || id} (priority: ${priority})\n`);
  await print(context, lines.join(""));
  return 0;
}

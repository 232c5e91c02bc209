/**
 * Programs that print one password and end.
 *
 * @module
 */

import { ffiFlag } from "../../src/backends/windows/libraries.ts";
import { configVariables, locateConfig } from "../../src/config.ts";
import type { Tools } from "./parties.ts";
import type { System } from "./results.ts";

/** A program that prints a password once. */
export interface Program {
  id: string;
  title: string;
  command: string[];
  /** What it reads. */
  input?: string;
  /** What it prints. */
  prints: string;
}

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname)
  .replace(/^\/([A-Za-z]:)/, "$1");
const DENO = [Deno.execPath(), "run", "--no-check", "--cached-only"];
const PRINTS = "made-up";
const PYTHON = "/usr/bin/python3";

/** The programs of a store: others, our command, and the start of Deno. */
export function programsOf(system: System, tools: Tools): Program[] {
  return [
    ...OTHERS[system](tools),
    {
      id: "ours",
      title: "os-keyring",
      command: [...get(...flagsOf(system)), ...entry("ours")],
      prints: PRINTS,
    },
    {
      id: "deno",
      title: "an empty script in Deno",
      command: [...DENO, `${ROOT}bench/scripts/empty.ts`],
      prints: "",
    },
  ];
}

const OTHERS: Record<System, (tools: Tools) => Program[]> = {
  linux: (tools) => [...secretTool(), python(), ...scripts(tools)],
  kwallet: () => [python()],
  file: () => [age()],
  openbao: (tools) => [bao(tools)],
  wine: (tools) => [floor(tools), ...scripts(tools)],
};

function entry(id: string): [service: string, username: string] {
  return [`os-keyring-bench-${id}`, "alice"];
}

function get(...flags: string[]): string[] {
  const variables = ["KEYRING_*", "PYTHON_KEYRING_BACKEND", ...configVariables()];
  const choice = [`--allow-env=${variables.join(",")}`, `--allow-read=${locateConfig().path}`];
  return [...DENO, ...flags, ...choice, `${ROOT}cli.ts`, "get"];
}

function flagsOf(system: System): string[] {
  if (system === "wine") return [ffiFlag()];
  if (system === "openbao") {
    const { host } = new URL(variable("VAULT_ADDR"));
    return ["--allow-env=VAULT_*,BAO_*", `--allow-net=${host}`];
  }
  if (system === "file") {
    const folder = variable("KEYRING_FILE").replace(/\/[^/]*$/, "");
    return [`--allow-read=${folder}`, `--allow-write=${folder}`];
  }
  const [, socket = ""] = /^unix:path=([^,]+)/.exec(variable("DBUS_SESSION_BUS_ADDRESS")) ?? [];
  return [
    "--allow-env=DBUS_SESSION_BUS_ADDRESS,XDG_RUNTIME_DIR,XDG_CURRENT_DESKTOP",
    `--allow-read=${socket}`,
    `--allow-write=${socket}`,
    `--allow-net=unix:${socket}`,
  ];
}

function variable(name: string): string {
  return Deno.env.get(name) ?? "";
}

function scripts({ folder = "", node = "", bun = "" }: Tools): Program[] {
  const script = (name: string) => [`${ROOT}bench/scripts/${name}.mjs`, folder, ...entry(name)];
  return [
    { id: "napi", title: "@napi-rs/keyring", command: [node, ...script("napi")], prints: PRINTS },
    { id: "bun", title: "Bun.secrets", command: [bun, ...script("bun")], prints: PRINTS },
  ];
}

function secretTool(): Program[] {
  const [service, username] = entry("floor");
  const lookup = ["lookup", "service", service, "username", username];
  return [
    {
      id: "floor",
      title: "bare secret-tool",
      command: ["/usr/bin/secret-tool", ...lookup],
      prints: PRINTS,
    },
    {
      id: "ours-store",
      title: "os-keyring by secret-tool",
      command: [...get("--allow-run=/usr/bin/secret-tool"), service, username],
      prints: PRINTS,
    },
  ];
}

function python(): Program {
  const command = [PYTHON, "-m", "keyring", "get", ...entry("python")];
  return { id: "python", title: "Python's keyring", command, prints: PRINTS };
}

function age(): Program {
  const identity = variable("KEYRING_FILE_IDENTITY");
  const command = ["age", "-d", "-i", identity, variable("KEYRING_FILE")];
  return { id: "age", title: "age -d", command, prints: PRINTS };
}

function bao({ bao = "" }: Tools): Program {
  const path = entry("bao").join("/");
  const command = [bao, "kv", "get", "-mount=secret", "-field=password", path];
  return { id: "bao", title: "bao kv get", command, prints: PRINTS };
}

function floor({ floor = "" }: Tools): Program {
  const input = `get 1 ${entry("floor").join(" ")} 0\n`;
  return { id: "floor", title: "C, the same calls", command: [floor], input, prints: '{"ns":' };
}

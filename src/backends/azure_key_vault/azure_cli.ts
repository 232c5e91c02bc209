// The login of a person, by the command `az`.

import { Failure } from "../../errors.ts";
import { childEnvironment } from "../../lib/child_environment.ts";
import { run, type RunResult, TimeLimitError } from "../../lib/subprocess.ts";
import { parse, plain } from "./failures.ts";
import type { AzureAccessToken, Login } from "./options.ts";
import { type Place, setting } from "./settings.ts";

const TIMEOUT_MS = 30_000;
const PROGRAM = Deno.build.os === "windows" ? "az.cmd" : "az";
// What it, and the Python that runs it, need of ours.
const KEEP = [
  "PATH",
  "HOME",
  "AZURE_CONFIG_DIR",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "REQUESTS_CA_BUNDLE",
  ...(Deno.build.os === "windows"
    ? ["USERPROFILE", "LOCALAPPDATA", "APPDATA", "SystemRoot", "ComSpec", "PATHEXT", "TEMP"]
    : []),
];

export function mayRunCli(): boolean {
  return Deno.permissions.querySync({ name: "run", command: PROGRAM }).state === "granted";
}

export function azureCli({ resource }: Place, program: string = PROGRAM): Login {
  const name = "the Azure CLI";
  const getToken = async (_scope: string, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
    const result = await runCli(program, resource, abortSignal);
    try {
      return tokenOf(result);
    } finally {
      result.stdout.fill(0);
    }
  };
  return { name, credential: { getToken } };
}

async function runCli(
  program: string,
  resource: string,
  signal: AbortSignal | undefined,
): Promise<RunResult> {
  const tenant = setting("AZURE_TENANT_ID");
  // An option, as it would be if it began with a dash, is refused by `az`.
  const args = ["account", "get-access-token", "--output=json", `--resource=${resource}`];
  if (tenant !== undefined) args.push(`--tenant=${tenant}`);
  const environment = childEnvironment({
    keep: KEEP,
    blank: ["PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP"],
    set: { AZURE_CORE_COLLECT_TELEMETRY: "false", AZURE_CORE_NO_COLOR: "true" },
  });
  try {
    return await run(program, { args, timeoutMs: TIMEOUT_MS, signal, ...environment });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw noLogin("the Azure CLI is not installed");
    if (error instanceof TimeLimitError) {
      throw new Failure("timeout", "the Azure CLI did not answer in time", { cause: error });
    }
    throw error;
  }
}

function tokenOf({ code, stdout, stderr }: RunResult): AzureAccessToken {
  const decoder = new TextDecoder();
  const { accessToken, expires_on, expiresOn } = parse({ text: decoder.decode(stdout) });
  if (code === 0 && typeof accessToken === "string") {
    // Older ones print the local time only.
    const until = Number(expires_on) * 1000 || Date.parse(String(expiresOn).replace(" ", "T"));
    return { token: accessToken, expiresOnTimestamp: until || 0 };
  }
  const said = decoder.decode(stderr).split("\n").find((line) => line.startsWith("ERROR:"));
  throw noLogin(said ? `the Azure CLI says "${plain(said.slice(7))}"` : "the Azure CLI failed");
}

function noLogin(reason: string): Failure {
  return new Failure("locked", `there is no login to Azure: ${reason}`, {
    advice: "Log in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and " +
      "AZURE_CLIENT_SECRET.",
  });
}

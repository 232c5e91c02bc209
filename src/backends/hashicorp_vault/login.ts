import { Failure } from "../../errors.ts";
import { findFolder, mayRead } from "../../lib/environment.ts";
import { allowFlag } from "../../lib/shell.ts";
import type { VaultLogin, VaultSupply } from "./options.ts";
import { ownSetting, setting } from "./settings.ts";

/** Finds how the environment says to log in; `undefined` where it says nothing. */
export function loginOfEnvironment(): VaultLogin | undefined {
  const mount = ownSetting("KEYRING_VAULT_AUTH_MOUNT");
  const at = mount === undefined ? {} : { mount };
  const roleId = ownSetting("KEYRING_VAULT_ROLE_ID");
  if (roleId !== undefined) {
    const secretId = fileOrVariable("KEYRING_VAULT_SECRET_ID");
    return { roleId, ...(secretId && { secretId }), ...at };
  }
  const role = ownSetting("KEYRING_VAULT_ROLE");
  const jwt = fileOrVariable("KEYRING_VAULT_JWT");
  if (role !== undefined && jwt !== undefined) return { role, jwt, ...at };
  const token = setting("TOKEN");
  if (token !== undefined) return { token: () => setting("TOKEN") ?? token };
  return tokenFile();
}

function fileOrVariable(variable: string): VaultSupply | undefined {
  const path = ownSetting(`${variable}_FILE`);
  // Read each time: what keeps it fresh writes a new one.
  return path === undefined ? ownSetting(variable) : () => readSecretFile(path);
}

function tokenFile(): VaultLogin | undefined {
  const given = setting("TOKEN_PATH");
  const home = findFolder([Deno.build.os === "windows" ? "USERPROFILE" : "HOME"]).path;
  const path = given ?? (home === undefined ? undefined : `${home}/.vault-token`);
  if (path === undefined || (given === undefined && !mayRead(path))) return undefined;
  return { token: () => readSecretFile(path, given === undefined) };
}

async function readSecretFile(path: string, isOptional = false): Promise<string> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (isOptional && error instanceof Deno.errors.NotFound) return "";
    throw failureOfFile(path, error);
  }
}

/** What it means that a file cannot be read. */
export function failureOfFile(path: string, error: unknown): unknown {
  if (error instanceof Deno.errors.NotCapable) {
    const details = { flag: allowFlag("read", path), cause: error };
    return new Failure("permission", "a Deno permission is missing", details);
  }
  if (!(error instanceof Error)) return error;
  const reason = error.message.replace(/(\(os error \d+\)).*$/s, "$1");
  return new Failure("other", `the file "${path}" cannot be read: ${reason}`, { cause: error });
}

export async function supply(source: VaultSupply | undefined): Promise<string | undefined> {
  const secret = typeof source === "function" ? await source() : source;
  return secret?.trim() || undefined;
}

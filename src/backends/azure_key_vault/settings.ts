// Which Key Vault, in which cloud. A token goes to the hosts of these and to no other.

import { Failure, quote } from "../../errors.ts";
import { lookUp, readVariable } from "../../lib/environment.ts";
import { envFlag } from "../../lib/shell.ts";
import type { AzureCloud, AzureKeyVaultOptions } from "./options.ts";

interface CloudHosts {
  /** What the host of a Key Vault ends with. */
  domain: string;
  /** Who issues tokens; the first one is asked. */
  authorities: readonly [string, ...string[]];
}

const CLOUDS: Record<AzureCloud, CloudHosts> = {
  AzureCloud: { domain: "vault.azure.net", authorities: ["login.microsoftonline.com"] },
  AzureChinaCloud: {
    domain: "vault.azure.cn",
    authorities: ["login.chinacloudapi.cn", "login.partner.microsoftonline.cn"],
  },
  AzureUSGovernment: {
    domain: "vault.usgovcloudapi.net",
    authorities: ["login.microsoftonline.us"],
  },
};

export interface Place {
  /** The Key Vault's name. */
  vault: string;
  /** Its address, without a slash at the end. */
  origin: string;
  /** What a token is for. */
  resource: string;
  cloud: AzureCloud;
}

/** Reads a variable, where that is allowed. */
export function setting(variable: string): string | undefined {
  try {
    return readVariable(variable);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.InvalidData)) throw cause;
    throw new Failure("other", cause.message, { cause });
  }
}

export function findPlace(options: AzureKeyVaultOptions): Place {
  const given = options.vault ?? setting("KEYRING_AZURE_VAULT");
  if (given === undefined) throw noVault();
  const cloud = findCloud(options);
  const { domain } = CLOUDS[cloud];
  const vault = vaultName(given.trim(), domain);
  if (vault === undefined) {
    throw new Failure("other", `${quote(given)} is not a Key Vault of ${cloud}`, {
      advice:
        `Set KEYRING_AZURE_VAULT to a name or an address, such as https://my-vault.${domain}.` +
        " KEYRING_AZURE_CLOUD names another cloud.",
    });
  }
  return {
    vault,
    origin: `https://${vault}.${domain}`,
    resource: `https://${domain}`,
    cloud,
  };
}

/** Who issues the tokens of a cloud, without a slash at the end. */
export function authorityOf(cloud: AzureCloud): string {
  const { authorities } = CLOUDS[cloud];
  const named = setting("AZURE_AUTHORITY_HOST");
  const host = named === undefined ? authorities[0] : hostOf(named);
  if (authorities.includes(host)) return `https://${host}`;
  throw new Failure("other", `AZURE_AUTHORITY_HOST is not one of ${cloud}`, {
    advice: `Unset it, or set it to https://${authorities[0]}.`,
  });
}

// A whole match, so that no way to write a URL leads to another host.
function vaultName(given: string, domain: string): string | undefined {
  const [, address, host = address] = /^(?:https:\/\/([^/]+)\/?|([^/]+))$/i.exec(given) ?? [];
  const suffix = address === undefined ? `(?:\\.${domain})?` : `\\.${domain}(?::443)?`;
  const pattern = new RegExp(`^([a-z][0-9a-z-]{1,22}[0-9a-z])${suffix}$`);
  return pattern.exec(host?.toLowerCase() ?? "")?.[1];
}

function findCloud(options: AzureKeyVaultOptions): AzureCloud {
  const names = Object.keys(CLOUDS) as AzureCloud[];
  const named = options.cloud ?? setting("KEYRING_AZURE_CLOUD");
  if (named === undefined) {
    const authority = hostOf(setting("AZURE_AUTHORITY_HOST") ?? "");
    return names.find((name) => CLOUDS[name].authorities.includes(authority)) ?? "AzureCloud";
  }
  const cloud = names.find((name) => name === named);
  if (cloud) return cloud;
  throw new Failure("other", `there is no cloud ${quote(named)}`, {
    advice: `Set KEYRING_AZURE_CLOUD to one of ${names.join(", ")}.`,
  });
}

function hostOf(authority: string): string {
  return authority.trim().toLowerCase().replace(/^https:\/\//, "").replace(/\/$/, "");
}

function noVault(): Failure {
  const variable = "KEYRING_AZURE_VAULT";
  if (lookUp(variable).state === "denied") return notReadable([variable]);
  return new Failure("absent", "no Key Vault is configured", {
    advice: "Set KEYRING_AZURE_VAULT to its name, or to its address such as " +
      "https://my-vault.vault.azure.net.",
  });
}

export function notReadable(variables: readonly string[]): Failure {
  const flag = envFlag(variables);
  return new Failure("permission", "a Deno permission is missing", { flag });
}

// Where the server is and how to log in: the options, else the variables that `bao` and `vault` read,
// else `KEYRING_VAULT_…` for what these have no variable for.

import { Failure, quote } from "../../errors.ts";
import { lookUp, readVariable } from "../../lib/environment.ts";
import { envFlag } from "../../lib/shell.ts";
import type { HashiCorpVaultOptions } from "./options.ts";
import { isSegment, literal } from "./path_template.ts";

/** Reads a setting: `bao` looks at `BAO_…` first, then at `VAULT_…`. */
export function setting(name: string): string | undefined {
  return ownSetting(`BAO_${name}`) ?? ownSetting(`VAULT_${name}`);
}

/** Reads a variable that neither `bao` nor `vault` has. */
export function ownSetting(variable: string): string | undefined {
  try {
    return readVariable(variable);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.InvalidData)) throw cause;
    throw new Failure("other", cause.message, { cause });
  }
}

/** The failure if these may not be read, and might hold what is missing. */
export function notReadable(): Failure | undefined {
  const variables = ["VAULT_ADDR", "VAULT_TOKEN"];
  if (variables.every((variable) => lookUp(variable).state !== "denied")) return undefined;
  const flag = envFlag(variables);
  return new Failure("permission", "a Deno permission is missing", { flag });
}

/** Where the server is. */
export interface Server {
  /** Its address without a slash at the end. */
  address: URL;
  /** Whether it is a Vault Agent or a proxy, which logs in itself. */
  isAgent: boolean;
  namespace: string | undefined;
  /** The hosts, with ports, of the same cluster, to which a standby may redirect. */
  standbys: readonly string[];
  /** The certificates that it is trusted by, beside those of the system. */
  caFile: string | undefined;
}

export function findServer(options: HashiCorpVaultOptions): Server {
  const agent = options.address === undefined ? setting("AGENT_ADDR") : undefined;
  const standbys = options.standbys ?? ownSetting("KEYRING_VAULT_STANDBYS")?.split(",") ?? [];
  return {
    address: parseAddress(options.address ?? agent ?? setting("ADDR"), mayUseHttp(options)),
    isAgent: agent !== undefined,
    namespace: options.namespace ?? setting("NAMESPACE"),
    standbys: standbys.map((host) => host.trim()).filter((host) => host !== ""),
    caFile: options.caFile ?? setting("CACERT"),
  };
}

/** The mount of the secrets engine, as URLs have it. */
export function findMount(options: HashiCorpVaultOptions): string {
  const mount = options.mount ?? ownSetting("KEYRING_VAULT_MOUNT") ?? "secret";
  const segments = mount.replace(/\/$/, "").split("/");
  if (segments.every(isSegment)) return segments.map(literal).join("/");
  throw new Failure("other", `${quote(mount)} is not the path of a secrets engine`, {
    advice: 'Set KEYRING_VAULT_MOUNT to one like "secret" or "team/kv".',
  });
}

function mayUseHttp({ allowHttp }: HashiCorpVaultOptions): boolean {
  return allowHttp ?? ownSetting("KEYRING_VAULT_ALLOW_HTTP") === "1";
}

function parseAddress(text: string | undefined, mayUseHttp: boolean): URL {
  if (text === undefined) throw noAddress();
  // The text itself may hold a password, and is not repeated.
  const advice = "Set VAULT_ADDR to one like https://vault.example.com:8200.";
  const refuse = (reason: string) => new Failure("other", reason, { advice });
  if (!URL.canParse(text)) throw refuse("the address of the Vault server is not a URL");
  const address = new URL(text);
  if (address.protocol !== "https:" && address.protocol !== "http:") {
    throw refuse("the address of the Vault server must begin with https://");
  }
  if (address.username || address.password || address.search || address.hash) {
    throw refuse("the address of the Vault server has more than a host and a path");
  }
  if (address.protocol === "http:" && !isLoopback(address) && !mayUseHttp) {
    throw new Failure("other", `http://${address.host} would get the token unencrypted`, {
      advice: "Use https, or set KEYRING_VAULT_ALLOW_HTTP=1 if the network is trusted.",
    });
  }
  address.pathname = address.pathname.replace(/\/+$/, "");
  return address;
}

function noAddress(): Failure {
  return notReadable() ?? new Failure("absent", "no Vault server is configured", {
    advice: "Set VAULT_ADDR to its address, such as https://vault.example.com:8200.",
  });
}

/** Whether an address is one of this machine. */
export function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
}

// What `diagnose` reports: whether the server is reached, who is logged in, and what may be done
// there. Nothing is read, and there is no login: that could use up a secret ID.

import { Failure, notViable, type Viability } from "../../errors.ts";
import type { CallOptions } from "../../keyring.ts";
import { oneLine } from "../../lib/one_line.ts";
import { VaultClient } from "./client.ts";
import { expiredFailure, parse } from "./failures.ts";
import { findMount } from "./settings.ts";

const PROBE_LIMIT_MS = 5_000;

export async function probe({ signal }: CallOptions = {}): Promise<Viability> {
  const limit = AbortSignal.timeout(PROBE_LIMIT_MS);
  const client = new VaultClient({});
  try {
    return await look(client, signal ? AbortSignal.any([signal, limit]) : limit);
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) return { viable: false, reason: "no answer came in time (5 s)" };
    if (!(error instanceof Failure)) throw error;
    return notViable(error);
  } finally {
    await client.close();
  }
}

async function look(client: VaultClient, signal: AbortSignal): Promise<Viability> {
  const { address } = client.connection.server;
  const mount = findMount({});
  const health = await client.connection.send({ method: "GET", path: "sys/health", signal });
  const { initialized, sealed, version } = parse(health);
  if (initialized === false) {
    return { viable: false, reason: "the Vault server is not initialized" };
  }
  if (sealed === true) return { viable: false, reason: "the Vault server is sealed" };
  const at = `${address.origin}, version ${oneLine(String(version))}`;
  const { login } = client.tokens;
  if (login && !("token" in login)) {
    const how = "roleId" in login ? "AppRole" : `JWT, role ${oneLine(login.role)}`;
    return { viable: true, note: `${at}; logs in by ${how} at the first call` };
  }
  const token = await client.tokens.get(signal);
  if (token === undefined) return { viable: true, note: `${at}; the agent logs in` };
  const self = await client.ask({ method: "GET", path: "auth/token/lookup-self", token, signal });
  if (self.status === 403 && !await client.tokens.isValid(token, signal)) throw expiredFailure();
  const rights = await client.ask({ method: "GET", path: RESULTANT_ACL, token, signal });
  return { viable: true, note: `${at}; ${whoOf(parse(self))}; ${rightsOf(parse(rights), mount)}` };
}

const RESULTANT_ACL = "sys/internal/ui/resultant-acl";

function whoOf({ data }: { data?: unknown }): string {
  if (!data) return "the token may not look itself up";
  const { display_name, policies, ttl } = data as Record<string, unknown>;
  const names = Array.isArray(policies) ? policies.join(", ") : "";
  const until = Number(ttl) > 0 ? `, for ${Number(ttl)} s` : "";
  return oneLine(`logged in as ${display_name} (policies ${names}${until})`);
}

type Rules = Record<string, { capabilities?: string[] }>;

function rightsOf({ data }: { data?: unknown }, mount: string): string {
  const acl = data as { root?: boolean; exact_paths?: Rules; glob_paths?: Rules } | undefined;
  if (!acl) return "what it may do is not known";
  if (acl.root) return "may do everything";
  const globs = Object.entries(acl.glob_paths ?? {}).map(([path, rule]) => [`${path}*`, rule]);
  const rules = [...Object.entries(acl.exact_paths ?? {}), ...globs] as [string, Rules[string]][];
  const may = rules.filter(([path]) => path.startsWith(`${decodeURIComponent(mount)}/`))
    .map(([path, { capabilities = [] }]) => `${capabilities.join(" and ")} ${path}`);
  if (may.length === 0) return `may do nothing below ${mount}/`;
  return oneLine(`may ${may.slice(0, 4).join(", ")}${may.length > 4 ? ", and more" : ""}`);
}

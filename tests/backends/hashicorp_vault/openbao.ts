// The development server that the environment "openbao" starts, set up through its API.

import { assert } from "@std/assert";

/** The server's program; `undefined` outside of the environment. */
export const BAO: string | undefined = Deno.env.get("KEYRING_TEST_OPENBAO");
export const ADDRESS: string = Deno.env.get("VAULT_ADDR") ?? "";

/** How to reach a server. */
export interface Access {
  address?: string;
  token?: string;
  namespace?: string;
  client?: Deno.HttpClient;
}

/** Asks the server, as root unless `access` says otherwise; returns what it answered. */
// deno-lint-ignore no-explicit-any -- each path answers something else
export async function api(what: string, body?: unknown, access: Access = {}): Promise<any> {
  const [method = "", path = ""] = what.split(" ");
  const { address = ADDRESS, token = Deno.env.get("VAULT_TOKEN") ?? "", namespace, client } =
    access;
  const headers: Record<string, string> = { "X-Vault-Token": token };
  if (namespace !== undefined) headers["X-Vault-Namespace"] = namespace;
  const response = await fetch(`${address}/v1/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(client && { client }),
  });
  const text = await response.text();
  assert(response.ok || response.status === 404, `${what}: ${response.status} ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

/** Mounts a secrets engine of this process's own, and returns its path. */
export async function newMount(
  options: { version?: "1" | "2"; access?: Access } = {},
): Promise<string> {
  const { version = "2", access } = options;
  const mount = `kv-${crypto.randomUUID()}`;
  await api(`POST sys/mounts/${mount}`, { type: "kv", options: { version } }, access);
  return mount;
}

/** Makes a token with only this policy and the default one. */
export async function newToken(hcl: string, more: Record<string, unknown> = {}): Promise<string> {
  const name = `policy-${crypto.randomUUID()}`;
  await api(`PUT sys/policies/acl/${name}`, { policy: hcl });
  const { auth } = await api("POST auth/token/create", { policies: [name], ...more });
  return auth.client_token;
}

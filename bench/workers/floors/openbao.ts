// The requests that a keyring on OpenBao needs at least, and OpenBao's own program.

import type { OtherLibrary } from "../../../dev/rig/other_libraries.mjs";
import { outputOf } from "../../instrument/output.ts";

const MOUNT = `${Deno.env.get("VAULT_ADDR")}/v1/secret`;
const HEADERS = { "X-Vault-Token": Deno.env.get("VAULT_TOKEN") ?? "" };

async function request(method: string, path: string, body?: unknown): Promise<Response> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(`${MOUNT}/${path}`, { method, headers: HEADERS, ...sent });
  if (!response.ok && response.status !== 404) throw new Error(`OpenBao said ${response.status}`);
  return response;
}

export function loadFetch(): OtherLibrary {
  return {
    async get(service, username) {
      const response = await request("GET", `data/${service}/${username}`);
      const { data } = await response.json();
      return response.ok ? data.data.password : null;
    },
    async set(service, username, password) {
      const body = { data: { password } };
      await (await request("POST", `data/${service}/${username}`, body)).text();
    },
    async remove(service, username) {
      await (await request("DELETE", `data/${service}/${username}`)).body?.cancel();
    },
    async list(service) {
      return (await (await request("LIST", `detailed-metadata/${service}`)).json()).data.keys;
    },
  };
}

/** Reads by the program; stores by requests. */
export function loadBao(program: string): OtherLibrary {
  return {
    ...loadFetch(),
    async get(service, username) {
      const path = `${service}/${username}`;
      const get = ["kv", "get", "-mount=secret", "-field=password", path];
      const { success, stdout } = await outputOf([program, ...get]);
      return success ? new TextDecoder().decode(stdout) : null;
    },
  };
}

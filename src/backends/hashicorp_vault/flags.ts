import { Failure } from "../../errors.ts";
import { readVariable } from "../../lib/environment.ts";
import { allowFlag } from "../../lib/shell.ts";
import { findServer, setting } from "./settings.ts";

/** The Deno flags that a server and a login need, as far as the environment may be read. */
export function flags(): string {
  const files = [
    ...["SECRET_ID", "JWT"].map((name) => readVariable(`KEYRING_VAULT_${name}_FILE`)),
    setting("CACERT"),
  ].filter((path) => path !== undefined);
  const reads = files.map((path) => allowFlag("read", path));
  return [`--allow-env="VAULT_*,BAO_*"`, `--allow-net${hosts()}`, ...reads].join(" ");
}

function hosts(): string {
  try {
    const { address: { hostname, port, protocol }, standbys } = findServer({});
    const host = `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;
    return `=${[host, ...standbys].join(",")}`;
  } catch (error) {
    if (error instanceof Failure) return "";
    throw error;
  }
}

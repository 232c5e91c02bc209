// A server as a company runs it: sealed at its start, with TLS, and its storage on disk.

import { freePort, type OpenBao, startServer } from "../../../dev/rig/openbao.ts";
import { api, BAO } from "./openbao.ts";

/** A certificate for this machine, and the one of its CA. */
export interface Certificate {
  cert: string;
  key: string;
  ca: string;
}

/** Has the development server issue a certificate. */
export async function issueCertificate(): Promise<Certificate> {
  const mount = `pki-${crypto.randomUUID()}`;
  await api(`POST sys/mounts/${mount}`, { type: "pki", config: { max_lease_ttl: "87600h" } });
  await api(`POST ${mount}/root/generate/internal`, {
    common_name: "CA of the tests",
    key_type: "ec",
  });
  await api(`POST ${mount}/roles/server`, { allow_any_name: true, key_type: "ec" });
  const request = { common_name: "localhost", ip_sans: "127.0.0.1", ttl: "1h" };
  const { data } = await api(`POST ${mount}/issue/server`, request);
  return { cert: data.certificate, key: data.private_key, ca: data.issuing_ca };
}

export class RaftServer implements AsyncDisposable {
  readonly folder: string;
  readonly address: string;
  readonly client: Deno.HttpClient | undefined;
  token = "";
  #key = "";
  #server: OpenBao | undefined;

  /** Makes it, with TLS where it gets a certificate; it does not run yet. */
  constructor(certificate?: Certificate) {
    this.folder = Deno.makeTempDirSync({ prefix: "os-keyring-raft-" });
    const port = freePort();
    this.address = `${certificate ? "https" : "http"}://127.0.0.1:${port}`;
    if (certificate) this.client = Deno.createHttpClient({ caCerts: [certificate.ca] });
    Deno.mkdirSync(`${this.folder}/raft`);
    for (const name of ["cert", "key", "ca"] as const) {
      if (certificate) Deno.writeTextFileSync(`${this.folder}/${name}.pem`, certificate[name]);
    }
    const tls = certificate
      ? `tls_cert_file = "${this.folder}/cert.pem"\ntls_key_file = "${this.folder}/key.pem"`
      : "tls_disable = true";
    const config =
      `storage "raft" {\npath = "${this.folder}/raft"\nnode_id = "one"\nperformance_multiplier = 1\n}
listener "tcp" {\naddress = "127.0.0.1:${port}"\n${tls}\n}
api_addr = "${this.address}"\ncluster_addr = "https://127.0.0.1:${freePort()}"\n`;
    Deno.writeTextFileSync(`${this.folder}/config.hcl`, config);
  }

  /** Starts it; sealed. */
  async start(): Promise<void> {
    const args = [`-config=${this.folder}/config.hcl`];
    this.#server = await startServer(BAO ?? "", this.folder, args, this.address, this.client);
  }

  /** Starts it for the first time, with an engine at `secret`. */
  async initialize(): Promise<void> {
    await this.start();
    const { keys, root_token } = await this.api("PUT sys/init", {
      secret_shares: 1,
      secret_threshold: 1,
    });
    [this.#key] = keys;
    this.token = root_token;
    await this.unseal();
    await this.api("POST sys/mounts/secret", { type: "kv", options: { version: "2" } });
  }

  async unseal(): Promise<void> {
    await this.api("PUT sys/unseal", { key: this.#key });
    // It becomes the active server a little later.
    while (!(await this.api("GET sys/leader")).is_self) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Stops it as a crash would. */
  async kill(): Promise<void> {
    await this.#server?.kill();
    this.#server = undefined;
  }

  // deno-lint-ignore no-explicit-any -- each path answers something else
  async api(what: string, body?: unknown): Promise<any> {
    const { address, token, client } = this;
    return await api(what, body, { address, token, ...(client && { client }) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.client?.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/**
 * An emulator of Azure Key Vault and of the logins for it, written from Microsoft's documentation. It is
 * reached under the real names of the hosts, by a proxy:
 *
 * ```sh
 * HTTPS_PROXY=http://127.0.0.1:PORT DENO_CERT=ca.pem keyring -b azure-key-vault list
 * ```
 *
 * @module
 */

import { type Certificates, makeCertificates } from "./certificates.ts";
import { ConnectProxy } from "./proxy.ts";
import { complaint, type Reply } from "./reply.ts";
import { type NewVersion, Secrets } from "./secrets.ts";
import { type Right, Tokens, unauthorized } from "./tokens.ts";

const DOMAIN = ".vault.azure.net";

/** What it was asked. */
export interface Asked {
  method: string;
  url: URL;
  authorization: string | null;
  body: string;
}

/** What it does instead of its work. */
export type Interruption = (asked: Asked) => Reply | undefined;

export class AzureEmulator implements AsyncDisposable {
  readonly tokens = new Tokens();
  readonly asked: Asked[] = [];
  interrupt: Interruption = () => undefined;
  readonly #vaults = new Map<string, Secrets>();
  readonly #folder: string;
  readonly #certificates: Certificates;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #proxy: ConnectProxy;

  private constructor(folder: string, certificates: Certificates) {
    this.#folder = folder;
    this.#certificates = certificates;
    const { cert, key } = certificates;
    const listen = { hostname: "127.0.0.1", port: 0, onListen() {}, cert, key };
    this.#server = Deno.serve(listen, (request) => this.#answer(request));
    this.#proxy = new ConnectProxy(this.#server.addr.port);
  }

  static async start(): Promise<AzureEmulator> {
    const folder = await Deno.makeTempDir({ prefix: "azure-emulator-" });
    return new AzureEmulator(folder, await makeCertificates(folder));
  }

  /** The file of its CA's certificate. */
  get ca(): string {
    return this.#certificates.ca;
  }

  get proxy(): string {
    return this.#proxy.url;
  }

  /** What a program needs to reach it. */
  get environment(): Record<string, string> {
    return { HTTPS_PROXY: this.proxy, DENO_CERT: this.ca, NODE_EXTRA_CA_CERTS: this.ca };
  }

  /** A client that reaches it; to be closed. */
  client(): Deno.HttpClient {
    const caCerts = [Deno.readTextFileSync(this.ca)];
    return Deno.createHttpClient({ caCerts, proxy: { url: this.proxy } });
  }

  /** A Key Vault, which is there from the first use. */
  vault(name: string): Secrets {
    const secrets = this.#vaults.get(name) ?? new Secrets(`https://${name}${DOMAIN}`);
    this.#vaults.set(name, secrets);
    return secrets;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#proxy.close();
    await this.#server.shutdown();
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #answer(request: Request): Promise<Response> {
    const asked = {
      method: request.method,
      url: new URL(request.url),
      authorization: request.headers.get("authorization"),
      body: await request.text(),
    };
    this.asked.push(asked);
    const { status, body, headers } = this.interrupt(asked) ?? this.#reply(asked);
    const text = body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body);
    return new Response(text, {
      status,
      headers: { "Content-Type": "application/json; charset=utf-8", ...headers },
    });
  }

  #reply(asked: Asked): Reply {
    const { url, body } = asked;
    if (!url.hostname.endsWith(DOMAIN)) {
      return this.tokens.grant(url.pathname, new URLSearchParams(body));
    }
    if (!url.searchParams.has("api-version")) {
      return complaint(400, "BadParameter", "The api-version query parameter is missing.");
    }
    if (asked.authorization === null) {
      return unauthorized("AKV10000: Request is missing a Bearer or PoP token.");
    }
    const rights = this.tokens.rightsOf(asked.authorization);
    if (!rights) return unauthorized("AKV10032: Invalid issuer or expired token.");
    return route(asked, this.vault(url.hostname.slice(0, -DOMAIN.length)), rights);
  }
}

function route(asked: Asked, secrets: Secrets, rights: readonly Right[]): Reply {
  const { method, url, body } = asked;
  const [collection = "", name = "", rest] = url.pathname.slice(1).split("/");
  const kind = `${method} ${collection}${name === "" ? "" : "/NAME"}`;
  const may = (right: Right, work: () => Reply) => rights.includes(right) ? work() : forbid(right);
  const query = url.searchParams;
  switch (rest === "recover" ? `${kind}/recover` : kind) {
    case "GET secrets":
      return may("readMetadata", () => secrets.list(query, "secrets"));
    case "GET deletedsecrets":
      return may("readMetadata", () => secrets.list(query, "deletedsecrets"));
    case "GET secrets/NAME":
      return may("getSecret", () => secrets.get(name, rest));
    case "PUT secrets/NAME":
      return may("setSecret", () => secrets.set(name, JSON.parse(body) as NewVersion));
    case "DELETE secrets/NAME":
      return may("delete", () => secrets.delete(name));
    case "GET deletedsecrets/NAME":
      return may("readMetadata", () => secrets.getDeleted(name));
    case "POST deletedsecrets/NAME/recover":
      return may("recover", () => secrets.recover(name));
    case "DELETE deletedsecrets/NAME":
      return may("purge", () => secrets.purge(name));
  }
  return complaint(404, "NotFound", "There is no such resource.");
}

function forbid(right: Right): Reply {
  const message = "Caller is not authorized to perform action on resource.\r\n" +
    `Action: 'Microsoft.KeyVault/vaults/secrets/${right}/action'\r\nAssignment: (not found)`;
  return complaint(403, "Forbidden", message, "ForbiddenByRbac");
}

// One request to the server. The token goes to no host but the configured ones: `fetch` would carry its
// header along to wherever a redirect leads, and plain http through whatever HTTP_PROXY names.

import { Failure } from "../../errors.ts";
import { directClient, type HttpAnswer, NoAnswerError, send } from "../../lib/http.ts";
import { oneLine } from "../../lib/one_line.ts";
import { failureOfFile } from "./login.ts";
import { isLoopback, type Server } from "./settings.ts";

export interface Answer extends HttpAnswer {
  /** What it answers. */
  message: Message;
}

export interface Message {
  /** `LIST` is a method of this server. */
  method: "GET" | "POST" | "LIST";
  /** The path below `/v1/`. */
  path: string;
  body?: unknown;
  token?: string | undefined;
  signal?: AbortSignal | undefined;
}

const MOST_REDIRECTS = 2;

export class Connection {
  readonly server: Server;
  #clients: Promise<Clients> | undefined;

  constructor(server: Server) {
    this.server = server;
  }

  /** Sends one request, following a standby to the active server of the configured ones. */
  async send(message: Message): Promise<Answer> {
    let url = `${this.server.address.href.replace(/\/$/, "")}/v1/${message.path}`;
    for (let redirects = 0;; redirects++) {
      const answer = await this.#fetch(url, message);
      if (answer.status < 300 || answer.status >= 400) return answer;
      url = this.#follow(answer, new URL(url), redirects);
    }
  }

  /** Ends the connections that are kept open. */
  async close(): Promise<void> {
    const clients = await this.#clients?.catch(() => undefined);
    this.#clients = undefined;
    clients?.https?.close();
    clients?.loopback?.close();
  }

  async #fetch(url: string, message: Message): Promise<Answer> {
    const { method, body, token, signal } = message;
    const { namespace } = this.server;
    const headers: Record<string, string> = { "X-Vault-Request": "true" };
    if (token !== undefined) headers["X-Vault-Token"] = token;
    if (namespace !== undefined) headers["X-Vault-Namespace"] = encodeURI(namespace);
    try {
      this.#clients ??= this.#makeClients();
      const { https, loopback } = await this.#clients;
      const answer = await send(url, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        client: url.startsWith("https:") ? https : loopback,
        signal,
      });
      return { ...answer, message };
    } catch (error) {
      if (error instanceof NoAnswerError) throw failureOfNoAnswer(error, new URL(url));
      throw error;
    }
  }

  async #makeClients(): Promise<Clients> {
    try {
      return await makeClients(this.server);
    } catch (error) {
      this.#clients = undefined;
      throw error;
    }
  }

  #follow({ status, headers }: Answer, from: URL, redirects: number): string {
    const location = headers.get("location") ?? "";
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if ((status !== 307 && status !== 308) || !to) {
      throw new Failure("unavailable", `what answers at ${from.origin} is not a Vault server`, {
        code: status,
        advice: "Check VAULT_ADDR.",
      });
    }
    const host = `${to.hostname}:${to.port || 443}`;
    const isListed = this.server.standbys.some((standby) =>
      standby === to.host || standby === host
    );
    if (to.protocol !== "https:" || !isListed) {
      const reason = `the Vault server at ${from.origin} is a standby, and redirects to ` +
        `${oneLine(to.origin)}, which is not known as one of its servers`;
      throw new Failure("unavailable", reason, {
        code: status,
        advice: to.protocol === "https:"
          ? `If it is one, add it: export KEYRING_VAULT_STANDBYS=${host}`
          : "Set the server's api_addr to its https address.",
      });
    }
    if (redirects >= MOST_REDIRECTS) {
      const reason = "the Vault servers redirect to each other, and none is active";
      throw new Failure("unavailable", reason, { code: status, advice: "Try again later." });
    }
    // Where to is its word; what is asked for there is ours.
    return `${to.origin}${from.pathname}`;
  }
}

interface Clients {
  https?: Deno.HttpClient;
  /** Goes past the proxies that the environment may name. */
  loopback?: Deno.HttpClient;
}

async function makeClients({ address, caFile }: Server): Promise<Clients> {
  const clients: Clients = {};
  if (address.protocol === "http:" && isLoopback(address)) {
    clients.loopback = directClient(address);
  }
  if (caFile !== undefined) {
    const text = await Deno.readTextFile(caFile).catch((error) => {
      throw failureOfFile(caFile, error);
    });
    try {
      clients.https = Deno.createHttpClient({ caCerts: [text] });
    } catch (cause) {
      const reason = `the file "${caFile}" contains no PEM certificate`;
      throw new Failure("other", reason, { cause });
    }
  }
  return clients;
}

function failureOfNoAnswer(error: NoAnswerError, { origin }: URL): Failure {
  const { kind, message: reason, flag } = error;
  if (kind === "permission") return new Failure("permission", reason, { flag, cause: error });
  if (kind !== "lost") {
    const sentence = `the Vault server at ${origin} cannot be reached: ${reason}`;
    const codeName = kind === "tls" ? "TLS" : "UNREACHABLE";
    const advice = adviceFor(reason);
    return new Failure("unavailable", sentence, { codeName, advice, cause: error });
  }
  const lost = `the connection to the Vault server was lost: ${reason}`;
  return new Failure("unavailable", lost, { codeName: LOST, advice: "Try again.", cause: error });
}

/** The name of a failure that leaves open whether the server did what was asked. */
export const LOST = "CONNECTION_LOST";

function adviceFor(reason: string): string {
  if (/UnknownIssuer/.test(reason)) return "Set VAULT_CACERT to the file of its CA's certificate.";
  if (/certificate/.test(reason)) return "Check VAULT_ADDR, and the server's certificate.";
  if (/InvalidContentType/.test(reason)) return "If it speaks plain http, so must VAULT_ADDR.";
  return "Check VAULT_ADDR, and whether the server runs.";
}

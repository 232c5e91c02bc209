// A server that answers what a test says, and remembers what it was asked.

/** What it was asked. */
export interface Asked {
  /** The method and the path below `/v1/`. */
  what: string;
  token: string | null;
  namespace: string | null;
  body: string;
}

/** What it answers. */
export interface Reply {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export class FakeVault implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #isSecure: boolean;

  constructor(
    reply: (asked: Asked) => Reply | Promise<Reply>,
    tls?: { cert: string; key: string },
  ) {
    this.#isSecure = tls !== undefined;
    const listen = { hostname: "127.0.0.1", port: 0, onListen() {}, ...tls };
    this.#server = Deno.serve(listen, async (request) => {
      const path = new URL(request.url).pathname.replace(/^\/v1\//, "");
      const asked = {
        what: `${request.method} ${path}`,
        token: request.headers.get("x-vault-token"),
        namespace: request.headers.get("x-vault-namespace"),
        body: await request.text(),
      };
      this.asked.push(asked);
      const { status = 200, body, headers = {} } = await reply(asked);
      const text = typeof body === "string" ? body : JSON.stringify(body ?? { errors: [] });
      return new Response(status === 204 ? null : text, { status, headers });
    });
  }

  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  get address(): string {
    return `${this.#isSecure ? "https" : "http"}://${this.host}`;
  }

  /** The requests, without what says about a token or a mount. */
  get requests(): string[] {
    return this.asked.map(({ what }) => what);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** An answer with a secret. */
export function secretReply(data: Record<string, unknown>, version = 1): Reply {
  const metadata = { version, created_time: "2026-01-01T00:00:00Z", deletion_time: "" };
  return { body: { data: { data, metadata } } };
}

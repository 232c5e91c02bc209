// As much of a container registry on the loopback as `docker login` and `docker manifest` need.

/** How a registry asks who it is: for a password, or for a token that a password gives. */
export type Scheme = "Basic" | "Bearer";

const ID_TOKEN = "identity&token<1>";

export class Registry implements AsyncDisposable {
  /** The good passwords, by their user. */
  readonly users: Record<string, string> = { alice: "pässwörd 1" };
  /** How often somebody whom it knows asked for an image. There are none. */
  asked = 0;
  /** Whether an identity token was used. */
  usedToken = false;
  readonly #scheme: Scheme;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(scheme: Scheme) {
    this.#scheme = scheme;
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  get idToken(): string {
    return ID_TOKEN;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/token") return await this.#token(request);
    const given = request.headers.get("authorization") ?? "";
    const isGood = this.#scheme === "Basic" ? this.#isUser(given) : given === "Bearer T";
    if (isGood && pathname !== "/v2/") this.asked++;
    if (isGood) return new Response("{}", { status: pathname === "/v2/" ? 200 : 404 });
    const realm = this.#scheme === "Basic"
      ? 'Basic realm="r"'
      : `Bearer realm="http://${this.host}/token",service="r"`;
    return new Response("{}", { status: 401, headers: { "www-authenticate": realm } });
  }

  /** Gives a token for a password, or for an identity token. */
  async #token(request: Request): Promise<Response> {
    const form = request.method === "POST" ? new URLSearchParams(await request.text()) : undefined;
    const isToken = form?.get("refresh_token") === ID_TOKEN;
    if (!isToken && !this.#isUser(request.headers.get("authorization") ?? "")) {
      return new Response("{}", { status: 401 });
    }
    this.usedToken ||= isToken;
    return Response.json({ token: "T", access_token: "T", refresh_token: ID_TOKEN });
  }

  #isUser(authorization: string): boolean {
    return Object.entries(this.users).some(([user, password]) => {
      const bytes = new TextEncoder().encode(`${user}:${password}`);
      return authorization === `Basic ${bytes.toBase64()}`;
    });
  }
}

// A git server on the loopback: `git http-backend`, behind whatever a test asks for.

import { assertEquals } from "@std/assert";

const BACKEND = "/usr/lib/git-core/git-http-backend";

/** The user of a request for a repository; `undefined` to refuse it. */
export type Authorize = (authorization: string, repository: string) => string | undefined;

export class GitServer implements AsyncDisposable {
  /** Who may use it; nobody at first. */
  authorize: Authorize = () => undefined;
  /** What it asks for. */
  challenges = ['Basic realm="git"'];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(readonly folder: string) {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#answer(request));
  }

  /** Starts a server of the repositories `a.git` and `b.git`, which are empty. */
  static async start(folder: string): Promise<GitServer> {
    for (const name of ["a.git", "b.git"]) {
      const args = ["init", "--quiet", "--bare", "--initial-branch=main", `${folder}/${name}`];
      const { code } = await new Deno.Command("/usr/bin/git", { args }).output();
      assertEquals(code, 0);
    }
    return new GitServer(folder);
  }

  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    const [, repository = ""] = pathname.split("/");
    const user = this.authorize(request.headers.get("authorization") ?? "", repository);
    if (user === undefined) {
      const headers = this.challenges.map((value) => ["www-authenticate", value]);
      return new Response("", { status: 401, headers: headers as [string, string][] });
    }
    const child = new Deno.Command(BACKEND, {
      env: {
        GIT_PROJECT_ROOT: this.folder,
        GIT_HTTP_EXPORT_ALL: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_PROTOCOL: request.headers.get("git-protocol") ?? "",
        REMOTE_USER: user,
        REQUEST_METHOD: request.method,
        PATH_INFO: pathname,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers.get("content-type") ?? "",
        CONTENT_LENGTH: `${body.length}`,
        HTTP_CONTENT_ENCODING: request.headers.get("content-encoding") ?? "",
      },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(body);
    await writer.close();
    return responseOf((await child.output()).stdout);
  }
}

/** Reads the answer of a CGI program. */
function responseOf(output: Uint8Array<ArrayBuffer>): Response {
  const text = new TextDecoder("latin1").decode(output);
  const end = text.indexOf("\r\n\r\n");
  const headers = new Headers();
  let status = 200;
  for (const line of text.slice(0, end).split("\r\n")) {
    const colon = line.indexOf(":");
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === "status") status = parseInt(value);
    else headers.append(name, value);
  }
  return new Response(output.slice(end + 4), { status, headers });
}

/** The header that a client sends for these. */
export function basic(user: string, password: string): string {
  return `Basic ${new TextEncoder().encode(`${user}:${password}`).toBase64()}`;
}

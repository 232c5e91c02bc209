// One request with `fetch`, and its whole answer. A redirect is treated like any answer: `fetch`
// would send the headers on to wherever it leads.

import { oneLine } from "./one_line.ts";

export interface HttpAnswer {
  status: number;
  headers: Headers;
  text: string;
}

export interface HttpRequest {
  method: string;
  headers: Record<string, string>;
  body?: string;
  client?: Deno.HttpClient | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Why there is no answer:
 *
 * - `"permission"`: Deno's flag is missing
 * - `"unreachable"`: nothing was sent
 * - `"tls"`: nothing was sent, since the other end is not trusted, or does not speak TLS
 * - `"lost"`: what was asked for may have been done
 */
export type NoAnswerKind = "permission" | "unreachable" | "tls" | "lost";

export class NoAnswerError extends Error {
  override name = "NoAnswerError";

  constructor(
    readonly kind: NoAnswerKind,
    message: string,
    readonly flag?: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export async function send(url: string, request: HttpRequest): Promise<HttpAnswer> {
  const { body, client, signal, ...rest } = request;
  try {
    const response = await fetch(url, {
      ...rest,
      redirect: "manual",
      ...(body !== undefined && { body }),
      ...(client && { client }),
      ...(signal && { signal }),
    });
    const { status, headers } = response;
    return { status, headers, text: await response.text() };
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw noAnswer(error, new URL(url));
  }
}

/** A client that bypasses the proxies that the environment may name. */
export function directClient(address: URL): Deno.HttpClient {
  const { hostname, port } = address;
  const proxy = {
    transport: "tcp",
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port || 80),
  } as const;
  try {
    return Deno.createHttpClient({ proxy });
  } catch (error) {
    throw noAnswer(error, address);
  }
}

/** How many seconds the server asks to wait. */
export function retryAfter(headers: Headers): number | undefined {
  const text = headers.get("retry-after");
  if (text === null) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text)
    ? Number(text)
    : Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function noAnswer(error: unknown, { hostname, port, protocol }: URL): unknown {
  const options = { cause: error };
  if (error instanceof Deno.errors.NotCapable) {
    const flag = `--allow-net=${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
    return new NoAnswerError("permission", "a Deno permission is missing", flag, options);
  }
  if (!(error instanceof TypeError)) return error;
  const text = error.cause instanceof Error ? error.cause.message : error.message;
  // Deno's message begins with the whole URL.
  const reason = oneLine(text.replace(/^error sending request[^)]*\)(: )?/, ""));
  return new NoAnswerError(kindOf(text, reason), reason, undefined, options);
}

function kindOf(text: string, reason: string): NoAnswerKind {
  if (!/\(Connect\)|are blocked/.test(text)) return "lost";
  return /certificate|InvalidContentType/.test(reason) ? "tls" : "unreachable";
}

// The identity that Azure gave to the machine, by the service that hands out its tokens there.

import { Failure } from "../../errors.ts";
import { delay } from "../../lib/delay.ts";
import {
  directClient,
  type HttpAnswer,
  type HttpRequest,
  NoAnswerError,
  send,
} from "../../lib/http.ts";
import { failureOfNoAnswer, parse, plain } from "./failures.ts";
import type { AzureAccessToken, Login } from "./options.ts";
import { type Place, setting } from "./settings.ts";

const MOST_TRIES = 3;
const FIRST_WAIT_MS = 800;

/** How the metadata service of a virtual machine is reached. */
export interface ImdsAccess {
  address: string;
  /** How long it may take: elsewhere its address leads nowhere. */
  limitMs: number;
}

const IMDS: ImdsAccess = { address: "http://169.254.169.254", limitMs: 3_000 };

export function mayAskImds(): boolean {
  const host = "169.254.169.254:80";
  return Deno.permissions.querySync({ name: "net", host }).state === "granted";
}

/** Of an App Service, a Function or a Container App, where the environment says that this is one. */
export function platformIdentity({ resource }: Place): Login | undefined {
  const endpoint = setting("IDENTITY_ENDPOINT");
  const secret = setting("IDENTITY_HEADER");
  if (endpoint === undefined) return undefined;
  if (secret === undefined || !isNear(endpoint)) {
    throw new Failure("other", "IDENTITY_ENDPOINT is not one of App Service or Container Apps", {
      advice: "Unset it, or give a credential of @azure/identity to AzureKeyVaultKeyring.",
    });
  }
  return login("the managed identity", endpoint, "2019-08-01", resource, {
    "X-IDENTITY-HEADER": secret,
  });
}

// The header is a secret of this platform.
function isNear(endpoint: string): boolean {
  const { protocol, hostname } = URL.canParse(endpoint) ? new URL(endpoint) : new URL("none:");
  const isLocal = /^(localhost|\[::1\]|127(\.\d+){3}|169\.254(\.\d+){2})$/.test(hostname);
  return protocol === "http:" && isLocal;
}

/** Of a virtual machine, and whatever else has its metadata service. */
export function metadataIdentity({ resource }: Place, imds: ImdsAccess = IMDS): Login {
  const endpoint = `${imds.address}/metadata/identity/oauth2/token`;
  const headers = { Metadata: "true" };
  return login("the managed identity", endpoint, "2018-02-01", resource, headers, imds.limitMs);
}

function login(
  name: string,
  endpoint: string,
  version: string,
  resource: string,
  headers: Record<string, string>,
  limitMs?: number,
): Login {
  const id = setting("AZURE_CLIENT_ID");
  const url = new URL(endpoint);
  url.searchParams.set("api-version", version);
  url.searchParams.set("resource", resource);
  if (id !== undefined) url.searchParams.set("client_id", id);
  const getToken = async (_scope: string, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
    const request = { method: "GET", headers, signal: abortSignal };
    return tokenOf(await askPatiently(url, request, limitMs), name);
  };
  return { name, credential: { getToken } };
}

async function askPatiently(
  url: URL,
  request: HttpRequest,
  limitMs: number | undefined,
): Promise<HttpAnswer> {
  for (let tries = 1;; tries++) {
    const answer = await ask(url, request, tries === 1 ? limitMs : undefined);
    const isBusy = [404, 410, 429].includes(answer.status) || answer.status >= 500;
    if (!isBusy || tries === MOST_TRIES) return answer;
    await delay(FIRST_WAIT_MS * 2 ** (tries - 1), request.signal);
  }
}

async function ask(url: URL, request: HttpRequest, limitMs?: number): Promise<HttpAnswer> {
  const limit = limitMs === undefined ? undefined : AbortSignal.timeout(limitMs);
  const signals = [limit, request.signal].filter((signal) => signal !== undefined);
  try {
    using client = directClient(url);
    return await send(url.href, { ...request, client, signal: AbortSignal.any(signals) });
  } catch (error) {
    request.signal?.throwIfAborted();
    if (
      limit?.aborted || (limit && error instanceof NoAnswerError && error.kind !== "permission")
    ) {
      throw absent("this machine has no managed identity of Azure");
    }
    if (!(error instanceof NoAnswerError)) throw error;
    throw failureOfNoAnswer(error, `the identity endpoint at ${url.origin}`, "Try again.");
  }
}

function tokenOf(answer: HttpAnswer, name: string): AzureAccessToken {
  const { access_token: token, expires_on: until, error_description } = parse(answer);
  if (answer.status === 200 && typeof token === "string") {
    return { token, expiresOnTimestamp: Number(until) * 1000 || 0 };
  }
  const said = typeof error_description === "string" ? `: ${plain(error_description)}` : "";
  // Other clouds have another service at the same address.
  if (answer.status === 404 || (answer.status === 400 && /identity not found/i.test(said))) {
    throw absent("this machine has no managed identity of Azure");
  }
  const busy = answer.status === 429 || answer.status >= 500;
  const reason = `${name} gave no token (${answer.status})${said}`;
  throw new Failure(busy ? "unavailable" : "locked", reason, {
    code: answer.status,
    advice: busy
      ? "Try again later."
      : "Check AZURE_CLIENT_ID, and the identities of this machine.",
  });
}

/** The name of the failure that this machine has no identity at all. */
export const NO_IDENTITY = "NO_IDENTITY";

function absent(reason: string): Failure {
  const advice = "Assign it one, or log in with `az login`.";
  return new Failure("locked", reason, { codeName: NO_IDENTITY, advice });
}

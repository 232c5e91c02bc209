import { Failure, quote } from "../../errors.ts";
import { retryAfter } from "../../lib/http.ts";
import { oneLine } from "../../lib/one_line.ts";
import type { Answer, Message } from "./connection.ts";

/** The object that an answer holds; empty where it holds none. */
export function parse({ text }: Pick<Answer, "text">): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** What the server complains of; `undefined` where the answer is not one of a Vault server. */
export function complaints(answer: Pick<Answer, "text">): string[] | undefined {
  const { errors } = parse(answer);
  return Array.isArray(errors) ? errors.map(String) : undefined;
}

export function isSealed(answer: Answer): boolean {
  return answer.status === 503 && /is sealed|not initialized/.test(answer.text);
}

/** Whether a 403 is about what the token may do: for one that is not valid the server says no more. */
export function isPolicyDenial(answer: Answer): boolean {
  return complaints(answer)?.some((text) => text.startsWith("1 error occurred")) ?? false;
}

/** The failure that an answer is, whatever was asked for. */
export function failureOf(answer: Answer): Failure {
  const { status: code } = answer;
  if (isSealed(answer)) {
    return new Failure("locked", "the Vault server is sealed", {
      code,
      advice: "Have an administrator unseal it, with `bao operator unseal`.",
    });
  }
  if (code === 429) {
    const seconds = retryAfter(answer.headers);
    const when = seconds === undefined ? "later" : `in ${seconds} s`;
    return new Failure("unavailable", "the Vault server limits the rate of requests", {
      code,
      advice: `Try again ${when}, or have its rate-limit quota raised.`,
    });
  }
  if (code === 413 || /value being too large/.test(answer.text)) {
    return new Failure("other", "the secret is too large for this Vault server's storage", {
      code,
      advice: "The other fields of the same secret count, too.",
    });
  }
  const said = quotable(answer)?.join("; ");
  if (said !== undefined && /active cluster node|standby/.test(said)) {
    return new Failure("unavailable", "the Vault server is a standby without an active server", {
      code,
      advice: "Try again later, or set VAULT_ADDR to the active one.",
    });
  }
  if (said !== undefined && /key being too large/.test(said)) {
    return new Failure("other", "the names are too long for this Vault server's storage", {
      code,
    });
  }
  const reason = said ? `the Vault server answered "${said}"` : `the server answered ${code}`;
  if (code >= 500) return new Failure("unavailable", reason, { code, advice: "Try again later." });
  return new Failure("other", reason, { code });
}

/** What the server says, without what would repeat the token or a secret. */
function quotable(answer: Answer): string[] | undefined {
  const { token, body } = answer.message;
  const sent = token === undefined ? [] : [token];
  JSON.stringify(body, (_key, value) => {
    if (typeof value === "string" && value !== "") sent.push(value);
    return value;
  });
  return complaints(answer)?.filter((text) => !sent.some((secret) => text.includes(secret)))
    .map(plain);
}

// What the server says is wrapped as "1 error occurred:\n\t* …".
function plain(text: string): string {
  return oneLine(text.replace(/^\d+ errors? occurred:\s*\*?\s*/, "").trim());
}

const CAPABILITIES = {
  GET: ["read"],
  LIST: ["list"],
  POST: ["create", "update"],
} as const;

export function forbiddenFailure({ method, path }: Message): Failure {
  const capabilities = CAPABILITIES[method];
  const place = decodeURIComponent(path);
  const rule = place.length > 200 ? "its path" : `path ${JSON.stringify(place)}`;
  const needed = capabilities.map((capability) => `"${capability}"`).join(", ");
  const reason =
    `the policies of the Vault token do not allow it to ${capabilities.join(" or ")} ` +
    quote(place);
  const advice = `Have this added to a policy of the token: ${rule} { capabilities = [${needed}] }`;
  return new Failure("other", reason, { code: 403, codeName: "FORBIDDEN", advice });
}

export function expiredFailure(): Failure {
  return new Failure("locked", "the Vault token has expired or was revoked", {
    code: 403,
    codeName: "EXPIRED",
    advice: "Log in again, with `bao login` or `vault login`, or set VAULT_TOKEN to a new one.",
  });
}

/** What a 404 without a version says: whether only the entry is missing, or what should hold it. */
export function missingFailure(answer: Answer, mount: string): Failure | undefined {
  const said = complaints(answer);
  if (said?.length === 0) return undefined;
  if (said?.some((text) => text.includes("namespace not found"))) {
    return new Failure("uninitialized", "the Vault server has no such namespace", {
      code: 404,
      advice: "Check VAULT_NAMESPACE.",
    });
  }
  if (said?.some((text) => text.includes("no handler for route"))) return noEngine(mount);
  const reason = said ? failureOf(answer).message : "what answers there is not a Vault server";
  return new Failure("unavailable", reason, { code: 404, advice: "Check VAULT_ADDR." });
}

export function noEngine(mount: string): Failure {
  const reason = `the Vault server has no KV secrets engine of version 2 at "${mount}"`;
  return new Failure("uninitialized", reason, {
    advice: `Set KEYRING_VAULT_MOUNT to one, or enable it: bao secrets enable -path=${mount} kv-v2`,
  });
}

export function isForbidden(error: unknown): boolean {
  return error instanceof Failure && error.details.codeName === "FORBIDDEN";
}

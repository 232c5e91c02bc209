import { Failure } from "../../errors.ts";
import type { HttpAnswer, NoAnswerError } from "../../lib/http.ts";
import { retryAfter } from "../../lib/http.ts";
import { oneLine } from "../../lib/one_line.ts";

/** What a Key Vault says about a request that failed. */
export interface Complaint {
  code: string;
  message: string;
  /** The more exact code, such as `ObjectIsDeletedButRecoverable`. */
  inner: string;
}

/** The object that an answer holds; empty where it holds none. */
export function parse({ text }: Pick<HttpAnswer, "text">): Record<string, unknown> {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

export function complaintOf(answer: HttpAnswer): Complaint {
  const { code, message, innererror } = (parse(answer).error ?? {}) as Record<string, unknown>;
  const inner = (innererror ?? {}) as { code?: unknown };
  return { code: text(code), message: text(message), inner: text(inner.code) };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** What another program said, as a part of our sentence. */
export function plain(said: string): string {
  return oneLine(said.replace(/\s+/g, " ").trim().replace(/\.$/, ""));
}

/** What a call needs, as a role of Azure names it. */
export type Action = "getSecret" | "setSecret" | "delete" | "recover" | "readMetadata";

const ROLES: Record<Action, string> = {
  getSecret: "Key Vault Secrets User",
  readMetadata: "Key Vault Secrets User",
  setSecret: "Key Vault Secrets Officer",
  delete: "Key Vault Secrets Officer",
  recover: "Key Vault Secrets Officer",
};

/** The failure that an answer is, whatever was asked for. */
export function failureOf(answer: HttpAnswer, action: Action, origin: string): Failure {
  const { status: code } = answer;
  const { inner, message } = complaintOf(answer);
  const details = { code, codeName: inner || undefined };
  if (code === 429) {
    const seconds = retryAfter(answer.headers);
    const when = seconds === undefined ? "later" : `in ${seconds} s`;
    const advice = `Try again ${when}.`;
    return new Failure("unavailable", "the Key Vault limits the rate of requests", {
      ...details,
      advice,
    });
  }
  if (code === 403) return forbidden(action, inner, details, origin);
  if (code >= 300 && code < 400) return noKeyVault(origin, code);
  // What it complains of may be the value.
  const reason = message !== "" && action !== "setSecret"
    ? `the Key Vault answered "${plain(message)}"`
    : `the Key Vault answered ${code}${inner === "" ? "" : `, ${plain(inner)}`}`;
  if (code >= 500) {
    return new Failure("unavailable", reason, { ...details, advice: "Try again later." });
  }
  return new Failure("other", reason, details);
}

function forbidden(
  action: Action,
  inner: string,
  details: { code: number; codeName: string | undefined },
  origin: string,
): Failure {
  if (inner === "SecretDisabled") {
    return new Failure("other", "the secret is disabled in the Key Vault", {
      ...details,
      advice: "Have it enabled, with `az keyvault secret set-attributes --enabled true`.",
    });
  }
  if (/Firewall|Connection/.test(inner)) {
    const reason = "the firewall of the Key Vault does not let this machine in";
    const advice = `Have its address allowed in the networking settings of ${origin}.`;
    return new Failure("unavailable", reason, { ...details, advice });
  }
  const right = action === "recover" || action === "getSecret" || action === "setSecret" ||
      action === "readMetadata"
    ? `Microsoft.KeyVault/vaults/secrets/${action}/action`
    : `Microsoft.KeyVault/vaults/secrets/${action}`;
  return new Failure("other", `the login may not do this in the Key Vault: it lacks ${right}`, {
    ...details,
    codeName: FORBIDDEN,
    advice: `Have it assigned a role with this action, such as "${ROLES[action]}"; a new ` +
      "assignment takes some minutes.",
  });
}

export const FORBIDDEN = "FORBIDDEN";

export function noKeyVault(origin: string, code: number): Failure {
  return new Failure("unavailable", `what answers at ${origin} is not a Key Vault`, {
    code,
    advice: "Check KEYRING_AZURE_VAULT, and the proxy.",
  });
}

export function notLoggedIn(answer: HttpAnswer): Failure {
  const said = complaintOf(answer).message;
  const reason = said === "" ? "" : `: ${plain(said)}`;
  return new Failure("locked", `the Key Vault does not accept the login${reason}`, {
    code: answer.status,
    codeName: "UNAUTHORIZED",
    advice: "Log in again, to the tenant that the Key Vault belongs to.",
  });
}

/** What it means that no answer came from there. */
export function failureOfNoAnswer(error: NoAnswerError, what: string, advice: string): Failure {
  const { kind, message, flag } = error;
  if (kind === "permission") return new Failure("permission", message, { flag, cause: error });
  if (kind === "lost") {
    const reason = `the connection to ${what} was lost: ${message}`;
    return new Failure("unavailable", reason, { advice: "Try again.", cause: error });
  }
  const reason = `${what} cannot be reached: ${message}`;
  return new Failure("unavailable", reason, {
    codeName: kind === "tls" ? "TLS" : "UNREACHABLE",
    advice: kind === "tls" ? "Set DENO_CERT to the file of its CA's certificate." : advice,
    cause: error,
  });
}

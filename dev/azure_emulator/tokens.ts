import { complaint, ok, type Reply } from "./reply.ts";

export const TENANT = "11111111-2222-3333-4444-555555555555";
export const CLIENT_ID = "66666666-7777-8888-9999-000000000000";
export const CLIENT_SECRET = "a-client-s3cret";
export const ASSERTION = "a-signed.federated.token";
/** What every token is for. */
export const RESOURCE = "https://vault.azure.net";

/** The rights of a role on the secrets of a Key Vault. */
export type Right = "getSecret" | "setSecret" | "delete" | "recover" | "readMetadata" | "purge";

export const ALL_RIGHTS: readonly Right[] = [
  "getSecret",
  "setSecret",
  "delete",
  "recover",
  "readMetadata",
  "purge",
];

/** The tokens that were issued, and what their bearers may do. */
export class Tokens {
  readonly #issued = new Map<string, readonly Right[]>();

  issue(rights: readonly Right[] = ALL_RIGHTS): string {
    const part = (object: unknown) =>
      new TextEncoder().encode(JSON.stringify(object)).toBase64({
        alphabet: "base64url",
        omitPadding: true,
      });
    const claims = { aud: RESOURCE, tid: TENANT, appid: CLIENT_ID, jti: crypto.randomUUID() };
    const token = `${part({ alg: "none" })}.${part(claims)}.signature`;
    this.#issued.set(token, rights);
    return token;
  }

  revoke(token: string): void {
    this.#issued.delete(token);
  }

  rightsOf(authorization: string | null): readonly Right[] | undefined {
    return this.#issued.get(authorization?.replace(/^Bearer /, "") ?? "");
  }

  /** The token endpoint of Entra ID. */
  grant(path: string, form: URLSearchParams): Reply {
    const isProven = form.get("client_secret") === CLIENT_SECRET ||
      (form.get("client_assertion") === ASSERTION &&
        form.get("client_assertion_type")?.endsWith(":client-assertion-type:jwt-bearer") === true);
    if (path !== `/${TENANT}/oauth2/v2.0/token`) {
      return refusal("invalid_request", "AADSTS900023: Specified tenant identifier is not valid.");
    }
    if (form.get("client_id") !== CLIENT_ID || !isProven) {
      return refusal("invalid_client", "AADSTS7000215: Invalid client secret provided. More.\r\n");
    }
    if (form.get("scope") !== `${RESOURCE}/.default`) {
      return refusal("invalid_scope", "AADSTS70011: The provided value for scope is not valid.");
    }
    return ok({ token_type: "Bearer", expires_in: 3599, access_token: this.issue() });
  }
}

function refusal(error: string, error_description: string): Reply {
  return { status: 401, body: { error, error_description } };
}

export function unauthorized(message: string): Reply {
  const challenge = `Bearer authorization="https://login.windows.net/${TENANT}", ` +
    `resource="${RESOURCE}"`;
  const reply = complaint(401, "Unauthorized", message);
  return { ...reply, headers: { "WWW-Authenticate": challenge } };
}

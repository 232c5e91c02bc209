// The token of one keyring: obtained once, kept in memory only, and again when it has expired.

import { Failure } from "../../errors.ts";
import { SharedToken } from "../../lib/shared_token.ts";
import type { Answer, Connection, Message } from "./connection.ts";
import { failureOf, isPolicyDenial, parse } from "./failures.ts";
import { loginOfEnvironment, supply } from "./login.ts";
import type { VaultLogin } from "./options.ts";
import { notReadable } from "./settings.ts";

/** How a login reaches the server. */
export interface LoginChannel {
  readonly connection: Connection;
  ask(message: Message): Promise<Answer>;
}

export class Tokens {
  readonly login: VaultLogin | undefined;
  readonly #channel: LoginChannel;
  /** None where an agent adds its own. */
  readonly #token = new SharedToken(async (signal) => ({
    token: await this.#obtain(signal),
    until: Infinity,
  }));
  readonly #lookups = new Map<string, Promise<boolean>>();

  constructor(login: VaultLogin | undefined, channel: LoginChannel) {
    this.login = login ?? loginOfEnvironment();
    this.#channel = channel;
  }

  /** The token; none where an agent adds its own. Calls at the same time share one login. */
  get(signal: AbortSignal | undefined): Promise<string | undefined> {
    return this.#token.get(signal);
  }

  /** Whether the server still knows a token, so that a refusal is a matter of policies. */
  async isValid(token: string | undefined, signal: AbortSignal | undefined): Promise<boolean> {
    if (token === undefined) return true;
    const lookup = this.#lookups.get(token) ?? this.#lookUp(token, signal);
    this.#lookups.set(token, lookup);
    try {
      return await lookup;
    } finally {
      this.#lookups.delete(token);
    }
  }

  /** Another token than the refused one; `undefined` where there is none, or one was just obtained. */
  renew(
    refused: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    return this.#token.renew(refused, signal);
  }

  async #lookUp(token: string, signal: AbortSignal | undefined): Promise<boolean> {
    const path = "auth/token/lookup-self";
    const answer = await this.#channel.ask({ method: "GET", path, token, signal });
    return answer.status !== 403 || isPolicyDenial(answer);
  }

  async #obtain(signal: AbortSignal | undefined): Promise<string | undefined> {
    const { login } = this;
    if (login && "roleId" in login) {
      const secretId = await supply(login.secretId);
      const body = { role_id: login.roleId, ...(secretId && { secret_id: secretId }) };
      return await this.#logIn("AppRole", login.mount ?? "approle", body, signal);
    }
    if (login && "role" in login) {
      const body = { role: login.role, jwt: await supply(login.jwt) };
      return await this.#logIn("JWT", login.mount ?? "jwt", body, signal);
    }
    const token = await supply(login?.token);
    if (token === undefined && !this.#channel.connection.server.isAgent) throw noToken();
    // A line break or a control character would end the header.
    if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return token;
    throw new Failure("other", "what should be the Vault token is not one", {
      advice: "Look into VAULT_TOKEN, or the token's file.",
    });
  }

  async #logIn(
    what: string,
    mount: string,
    body: unknown,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const segments = mount.split("/").map(encodeURIComponent).join("/");
    const path = `auth/${segments}/login`;
    const answer = await this.#channel.ask({ method: "POST", path, body, signal });
    if (answer.status === 200) {
      const token = (parse(answer).auth as { client_token?: unknown } | undefined)?.client_token;
      if (typeof token === "string") return token;
    }
    if (answer.status >= 500 || answer.status === 429) throw failureOf(answer);
    const reason = `the Vault server refused the ${what} login at "auth/${mount}"`;
    throw new Failure("locked", reason, { code: answer.status, advice: adviceFor(what, answer) });
  }
}

function adviceFor(what: string, { status }: Answer): string {
  const credentials = what === "AppRole"
    ? "the role ID, and obtain a new secret ID: it may have expired or been used up."
    : "the role and what it demands of the JWT, which may have expired.";
  // The server says no more to one who is not logged in.
  const isNowhere = status === 403 || status === 404;
  return isNowhere
    ? `Check KEYRING_VAULT_AUTH_MOUNT, where the auth method is mounted, and ${credentials}`
    : `Check ${credentials}`;
}

function noToken(): Failure {
  return notReadable() ?? new Failure("locked", "there is no token for the Vault server", {
    advice: "Log in with `bao login` or `vault login`, or set VAULT_TOKEN.",
  });
}

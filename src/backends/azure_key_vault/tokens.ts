// The token of one keyring: obtained once, kept in memory only, and again before it expires.

import { Failure } from "../../errors.ts";
import { findCredential } from "./credential.ts";
import { plain } from "./failures.ts";
import type { AzureAccessToken, AzureKeyVaultOptions, Login } from "./options.ts";
import type { Place } from "./settings.ts";

// How long before its end a token is obtained anew.
const MARGIN_MS = 120_000;
const LEAST_AGE_MS = 30_000;

interface Obtained {
  token: Promise<AzureAccessToken>;
  /** Aborted by whoever started it. */
  signal: AbortSignal | undefined;
}

export class Tokens {
  readonly login: Login;
  readonly #scope: string;
  #obtained: Obtained | undefined;
  #renewedAt = -Infinity;
  /** The token that was last given up for another. */
  #replaced: string | undefined;

  constructor(place: Place, options: AzureKeyVaultOptions) {
    this.login = findCredential(place, options);
    this.#scope = `${place.resource}/.default`;
  }

  /** The token. Calls at the same time share one login. */
  async get(signal: AbortSignal | undefined): Promise<string> {
    for (;;) {
      const obtained = this.#obtained ??= { token: this.#obtain(signal), signal };
      try {
        const { token, expiresOnTimestamp = 0 } = await obtained.token;
        const isOver = expiresOnTimestamp - MARGIN_MS < Date.now();
        if (isOver && this.#obtained === obtained) this.#obtained = undefined;
        // One that was just obtained is used, however soon it ends.
        if (!isOver || obtained.signal === signal) return token;
      } catch (error) {
        if (this.#obtained === obtained) this.#obtained = undefined;
        signal?.throwIfAborted();
        // It was another call that gave up, not this one.
        if (obtained.signal === signal || !obtained.signal?.aborted) throw error;
      }
    }
  }

  /** Another token than the refused one; `undefined` where there is none, or one was just obtained. */
  async renew(refused: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (await this.get(signal) === refused) {
      const isRecent = performance.now() - this.#renewedAt < LEAST_AGE_MS;
      if (isRecent && this.#replaced !== refused) return undefined;
      if (!isRecent) {
        this.#renewedAt = performance.now();
        this.#replaced = refused;
        this.#obtained = undefined;
      }
    }
    const token = await this.get(signal);
    return token === refused ? undefined : token;
  }

  async #obtain(signal: AbortSignal | undefined): Promise<AzureAccessToken> {
    const token = await this.#ask(signal);
    // A line break or a control character would end the header.
    if (token && /^[\x21-\x7e]+$/.test(token.token)) return token;
    const reason = `${this.login.name} gave no access token`;
    throw new Failure("locked", reason, { advice: "Log in to Azure again." });
  }

  async #ask(signal: AbortSignal | undefined): Promise<AzureAccessToken | null> {
    const { name, credential } = this.login;
    try {
      const options = signal ? { abortSignal: signal } : {};
      return await orAborted(signal, credential.getToken(this.#scope, options));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof Failure) throw error;
      const said = error instanceof Error ? error.message : String(error);
      throw new Failure("locked", `${name} gave no access token: ${plain(said)}`, {
        advice: "Log in to Azure again.",
        cause: error,
      });
    }
  }
}

/** Ends with the signal, too, which a credential need not heed. */
function orAborted<T>(signal: AbortSignal | undefined, result: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    result.then(resolve, reject).finally(() => signal?.removeEventListener("abort", stop));
  });
}

// The token of one keyring: obtained once, kept in memory only, and again before it expires.

import { Failure } from "../../errors.ts";
import { type Obtained, SharedToken } from "../../lib/shared_token.ts";
import { findCredential } from "./credential.ts";
import { plain } from "./failures.ts";
import type { AzureAccessToken, AzureKeyVaultOptions, Login } from "./options.ts";
import type { Place } from "./settings.ts";

// How long before its end a token is obtained anew.
const MARGIN_MS = 120_000;

export class Tokens extends SharedToken<string> {
  readonly login: Login;

  constructor(place: Place, options: AzureKeyVaultOptions) {
    const login = findCredential(place, options);
    const scope = `${place.resource}/.default`;
    super((signal) => obtain(login, scope, signal));
    this.login = login;
  }
}

async function obtain(
  login: Login,
  scope: string,
  signal: AbortSignal | undefined,
): Promise<Obtained<string>> {
  const { token, expiresOnTimestamp = 0 } = await ask(login, scope, signal) ?? { token: "" };
  // A line break or a control character would end the header.
  if (/^[\x21-\x7e]+$/.test(token)) return { token, until: expiresOnTimestamp - MARGIN_MS };
  const reason = `${login.name} gave no access token`;
  throw new Failure("locked", reason, { advice: "Log in to Azure again." });
}

async function ask(
  { name, credential }: Login,
  scope: string,
  signal: AbortSignal | undefined,
): Promise<AzureAccessToken | null> {
  try {
    const options = signal ? { abortSignal: signal } : {};
    return await orAborted(signal, credential.getToken(scope, options));
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

/** Ends with the signal, too, which a credential need not heed. */
function orAborted<T>(signal: AbortSignal | undefined, result: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    result.then(resolve, reject).finally(() => signal?.removeEventListener("abort", stop));
  });
}

import { delay } from "../../lib/delay.ts";
import { type HttpAnswer, NoAnswerError, retryAfter, send } from "../../lib/http.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { type Action, failureOf, failureOfNoAnswer, noKeyVault, notLoggedIn } from "./failures.ts";
import type { AzureKeyVaultOptions } from "./options.ts";
import { findPlace, type Place } from "./settings.ts";
import { Tokens } from "./tokens.ts";

/** How many requests are under way at once. */
export const CONCURRENCY = 8;
const API_VERSION = "7.4";
const MOST_TRIES = 5;
const MOST_LOST = 3;
const FIRST_WAIT_MS = 500;
// A longer one is for the caller to wait.
const LONGEST_WAIT_S = 30;
const TRANSIENT = [408, 429, 500, 502, 503, 504];

export interface Message {
  method: "GET" | "PUT" | "POST" | "DELETE";
  /** The path below the Key Vault's address, and a query without its version. */
  path: string;
  body?: unknown;
  /** What it takes a right for. */
  action: Action;
  signal?: AbortSignal | undefined;
}

/** An answer, and how often it was asked for: all but the last time, too, may have had an effect. */
export interface Answer extends HttpAnswer {
  tries: number;
}

/** The requests of one keyring: in turn, logged in, repeated while the Key Vault is busy. */
export class KeyVaultClient {
  readonly #options: AzureKeyVaultOptions;
  readonly #places = new Semaphore(CONCURRENCY);
  #connected: { place: Place; tokens: Tokens } | undefined;

  constructor(options: AzureKeyVaultOptions) {
    this.#options = options;
  }

  get place(): Place {
    return this.#connect().place;
  }

  get tokens(): Tokens {
    return this.#connect().tokens;
  }

  /** Answers with a status that the caller expects; any other is a failure. */
  async request(message: Message, expected: readonly number[]): Promise<Answer> {
    const answer = await this.#places.run(message.signal, () => this.#authorized(message));
    const { origin } = this.place;
    // A proxy may answer with its own page.
    if (answer.status === 200 && !answer.text.startsWith("{")) throw noKeyVault(origin, 200);
    if (expected.includes(answer.status)) return answer;
    throw failureOf(answer, message.action, origin);
  }

  /** Sends one request once. */
  async send(message: Omit<Message, "action">, token: string | undefined): Promise<HttpAnswer> {
    const { method, path, body, signal } = message;
    const { origin } = this.place;
    const query = path.includes("?") ? "&" : "?";
    const headers: Record<string, string> = { Accept: "application/json" };
    if (token !== undefined) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    return await send(`${origin}${path}${query}api-version=${API_VERSION}`, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      client: this.#options.client,
      signal,
    });
  }

  async #authorized(message: Message): Promise<Answer> {
    const { tokens } = this;
    const { signal } = message;
    const token = await tokens.get(signal);
    const answer = await this.#persist(message, token);
    if (answer.status !== 401) return answer;
    const renewed = await tokens.renew(token, signal);
    const again = renewed === undefined ? answer : await this.#persist(message, renewed);
    if (again.status === 401) throw notLoggedIn(again);
    return again;
  }

  async #persist(message: Message, token: string): Promise<Answer> {
    for (let tries = 1;; tries++) {
      const answer = await this.#try(message, token, tries);
      if (answer && !TRANSIENT.includes(answer.status)) return { ...answer, tries };
      const asked = answer && retryAfter(answer.headers);
      if (answer && (tries === MOST_TRIES || (asked ?? 0) > LONGEST_WAIT_S)) {
        return { ...answer, tries };
      }
      const growing = FIRST_WAIT_MS * 2 ** (tries - 1) * (0.75 + Math.random() / 2);
      await delay(asked === undefined ? growing : asked * 1000, message.signal);
    }
  }

  // Each request can be repeated: two versions with the same value do no harm.
  async #try(message: Message, token: string, tries: number): Promise<HttpAnswer | undefined> {
    try {
      return await this.send(message, token);
    } catch (error) {
      if (!(error instanceof NoAnswerError)) throw error;
      if (["unreachable", "lost"].includes(error.kind) && tries < MOST_LOST) return undefined;
      const { origin } = this.place;
      const advice = "Check KEYRING_AZURE_VAULT, and the network.";
      throw failureOfNoAnswer(error, `the Key Vault at ${origin}`, advice);
    }
  }

  #connect(): { place: Place; tokens: Tokens } {
    if (!this.#connected) {
      const place = findPlace(this.#options);
      this.#connected = { place, tokens: new Tokens(place, this.#options) };
    }
    return this.#connected;
  }
}

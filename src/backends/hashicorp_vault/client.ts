import { Failure } from "../../errors.ts";
import { delay } from "../../lib/delay.ts";
import { retryAfter } from "../../lib/http.ts";
import { Semaphore } from "../../lib/semaphore.ts";
import { type Answer, Connection, LOST, type Message } from "./connection.ts";
import { expiredFailure, failureOf, forbiddenFailure, isSealed } from "./failures.ts";
import type { HashiCorpVaultOptions } from "./options.ts";
import { findServer } from "./settings.ts";
import { Tokens } from "./tokens.ts";

/** How many requests are under way at once. */
export const CONCURRENCY = 8;
const MOST_TRIES = 5;
const MOST_LOST = 2;
const FIRST_WAIT_MS = 250;
// A longer one is for the caller to wait.
const LONGEST_WAIT_S = 10;
const TRANSIENT = [412, 429, 500, 502, 503, 504];

/** An answer, and how often it was asked for: all but the last time, too, may have had an effect. */
export interface TriedAnswer extends Answer {
  tries: number;
}

/** The requests of one keyring: in turn, logged in, repeated while the server is busy. */
export class VaultClient {
  readonly #options: HashiCorpVaultOptions;
  readonly #places = new Semaphore(CONCURRENCY);
  #connected: { connection: Connection; tokens: Tokens } | undefined;

  constructor(options: HashiCorpVaultOptions) {
    this.#options = options;
  }

  get connection(): Connection {
    return this.#connect().connection;
  }

  get tokens(): Tokens {
    return this.#connect().tokens;
  }

  /** Answers with any status but those that are a failure whatever was asked for. */
  async request(message: Message): Promise<TriedAnswer> {
    return await this.#places.run(message.signal, () => this.#authorized(message));
  }

  /** Sends a request without logging in; for the login itself, and to find out who is logged in. */
  async ask(message: Message): Promise<TriedAnswer> {
    for (let tries = 1;; tries++) {
      const answer = await this.#try(message, tries <= MOST_LOST);
      if (answer && answer.status < 500 && !isTransient(answer)) return { ...answer, tries };
      if (answer && !isTransient(answer)) throw failureOf(answer);
      const wait = answer && retryAfter(answer.headers);
      if (answer && (tries === MOST_TRIES || (wait ?? 0) > LONGEST_WAIT_S)) throw failureOf(answer);
      const growing = FIRST_WAIT_MS * 2 ** (tries - 1) * (0.75 + Math.random() / 2);
      await delay(wait === undefined ? growing : wait * 1000, message.signal);
    }
  }

  async close(): Promise<void> {
    await this.#connected?.connection.close();
  }

  async #try(message: Message, mayFail: boolean): Promise<Answer | undefined> {
    try {
      return await this.connection.send(message);
    } catch (error) {
      const codeName = error instanceof Failure ? error.details.codeName : undefined;
      // What was sent may have been done.
      const isRepeatable = codeName === "UNREACHABLE" ||
        (codeName === LOST && message.method !== "POST");
      if (isRepeatable && mayFail) return undefined;
      throw error;
    }
  }

  async #authorized(message: Message): Promise<TriedAnswer> {
    const { tokens } = this;
    const { signal } = message;
    const token = await tokens.get(signal);
    const answer = await this.ask({ ...message, token });
    if (answer.status !== 403) return answer;
    if (await tokens.isValid(token, signal)) throw forbiddenFailure(message);
    const renewed = await tokens.renew(token, signal);
    if (renewed === undefined) throw expiredFailure();
    const again = await this.ask({ ...message, token: renewed });
    if (again.status === 403) throw forbiddenFailure(message);
    return again;
  }

  #connect(): { connection: Connection; tokens: Tokens } {
    this.#connected ??= {
      connection: new Connection(findServer(this.#options)),
      tokens: new Tokens(this.#options.login, this),
    };
    return this.#connected;
  }
}

/** Whether a failure leaves open whether the server did what was asked. */
export function isLost(error: unknown): boolean {
  return error instanceof Failure && error.details.codeName === LOST;
}

function isTransient(answer: Answer): boolean {
  if (answer.status === 400) return answer.text.includes('"Upgrading from');
  if (!TRANSIENT.includes(answer.status)) return false;
  return !isSealed(answer) && !/too large/.test(answer.text);
}

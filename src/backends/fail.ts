import { NoKeyringError, type Operation } from "../errors.ts";
import type { Credential, EntryInfo, Keyring, ListOptions } from "../keyring.ts";

/**
 * A keyring whose every call rejects with a `NoKeyringError` that says why there is none and what
 * can be done: chosen where nothing else is viable.
 *
 * @example See what it says
 * ```ts
 * import { FailKeyring, NoKeyringError } from "@os-keyring/keyring";
 * import { assertRejects } from "@std/assert";
 *
 * const keyring = new FailKeyring({ reason: "this system has none", advice: "Use another one." });
 * await assertRejects(() => keyring.getPassword("my_app", "alice"), NoKeyringError);
 * ```
 */
export class FailKeyring implements Keyring {
  /** The store's name. */
  readonly name = "Fail";
  #reason: string;
  #advice: string | undefined;

  /**
   * Makes the keyring; it has nothing to open.
   *
   * @param explanation Why there is no keyring, as the end of a sentence, and what can be done.
   */
  constructor(explanation: { reason?: string; advice?: string } = {}) {
    this.#reason = explanation.reason ?? "no keyring is available";
    this.#advice = explanation.advice;
  }

  /** Rejects with a `NoKeyringError`. */
  getPassword(service: string, username: string): Promise<string | null> {
    return this.#fail("get", service, username);
  }

  /** Rejects with a `NoKeyringError`. */
  setPassword(service: string, username: string): Promise<void> {
    return this.#fail("set", service, username);
  }

  /** Rejects with a `NoKeyringError`. */
  deletePassword(service: string, username: string): Promise<void> {
    return this.#fail("delete", service, username);
  }

  /** Rejects with a `NoKeyringError`. */
  getCredential(service: string, username?: string | null): Promise<Credential | null> {
    return this.#fail("get", service, username ?? undefined);
  }

  /** Rejects with a `NoKeyringError`. */
  getSecret(service: string, username: string): Promise<Uint8Array | null> {
    return this.#fail("get", service, username);
  }

  /** Rejects with a `NoKeyringError`. */
  setSecret(service: string, username: string): Promise<void> {
    return this.#fail("set", service, username);
  }

  /** Rejects with a `NoKeyringError`. */
  list(options: ListOptions = {}): Promise<EntryInfo[]> {
    return this.#fail("list", options.service);
  }

  #fail(operation: Operation, service?: string, username?: string): Promise<never> {
    const details = { operation, service, username, advice: this.#advice };
    return Promise.reject(new NoKeyringError(this.#reason, details));
  }
}

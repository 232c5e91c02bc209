import { Failure, type Viability } from "../errors.ts";
import type { Keyring } from "../keyring.ts";
import { StoreKeyring } from "../store_keyring.ts";

/**
 * A keyring whose every call rejects with a `NoKeyringError` that says why there is no keyring and
 * what can be done: chosen if nothing else is viable.
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
export class FailKeyring extends StoreKeyring {
  /**
   * Makes the keyring; it has nothing to open.
   *
   * @param explanation Why there is no keyring, as the end of a sentence, and what can be done.
   */
  constructor(explanation: { reason?: string; advice?: string } = {}) {
    const { reason = "no keyring is available", advice } = explanation;
    const fail = () => Promise.reject(new Failure("absent", reason, { advice }));
    super({
      name: "Fail",
      limits: { unit: "bytes", service: Infinity, username: Infinity },
      read: fail,
      write: fail,
      remove: fail,
      list: fail,
    });
  }
}

export function open(): Keyring {
  return new FailKeyring();
}

export function probe(): Viability {
  return { viable: true };
}

export function flags(): string {
  return "";
}

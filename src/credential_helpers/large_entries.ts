import { SecretTooLargeError } from "../errors.ts";
import type { EntryInfo } from "../keyring.ts";
import type { Entries } from "./entries.ts";

const PREFIX = "keyring:";

/**
 * Entries in the form of another program, or in this library's own form if they are too large for it.
 */
export class LargeEntries implements Entries {
  readonly #shared: Entries;
  readonly #own: Entries;

  constructor(shared: Entries, own: Entries) {
    this.#shared = shared;
    this.#own = own;
  }

  async getPassword(service: string, username: string): Promise<string | null> {
    return await this.#shared.getPassword(service, username) ??
      await this.#own.getPassword(PREFIX + service, username);
  }

  async setPassword(service: string, username: string, password: string): Promise<void> {
    const missingOk = true;
    try {
      await this.#shared.setPassword(service, username, password);
    } catch (error) {
      if (!(error instanceof SecretTooLargeError)) throw error;
      await this.#own.setPassword(PREFIX + service, username, password);
      // It would be found first.
      return await this.#shared.deletePassword(service, username, { missingOk });
    }
    await this.#own.deletePassword(PREFIX + service, username, { missingOk });
  }

  async deletePassword(service: string, username: string): Promise<void> {
    const missingOk = true;
    await this.#own.deletePassword(PREFIX + service, username, { missingOk });
    await this.#shared.deletePassword(service, username, { missingOk });
  }

  async list({ service }: { service?: string } = {}): Promise<EntryInfo[]> {
    const shared = await this.#shared.list(service === undefined ? {} : { service });
    const own = await this.#own.list(service === undefined ? {} : { service: PREFIX + service });
    const large = own.filter((info) => info.service.startsWith(PREFIX))
      .map((info) => ({ ...info, service: info.service.slice(PREFIX.length) }));
    return [...shared, ...large];
  }
}

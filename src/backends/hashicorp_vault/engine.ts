// The requests to a KV secrets engine, version 2.

import type { Attempts } from "./changes.ts";
import { isLost, type TriedAnswer, type VaultClient } from "./client.ts";
import type { Message } from "./connection.ts";
import { complaints, failureOf, isForbidden, missingFailure, noEngine, parse } from "./failures.ts";
import { type Version, versionOf } from "./version.ts";

export class KeyValueEngine {
  readonly client: VaultClient;
  /** Where it is mounted, as URLs have it. */
  readonly mount: string;
  #isChecked = false;

  constructor(client: VaultClient, mount: string) {
    this.client = client;
    this.mount = mount;
  }

  /** The latest version of a secret, without fields if it was deleted; `undefined` if there is none. */
  async latest(path: string, signal: AbortSignal): Promise<Version | undefined> {
    const answer = await this.#request({ method: "GET", path: `data/${path}`, signal });
    const version = versionOf(answer);
    if (version) return version;
    if (answer.status === 200) throw noEngine(this.mount);
    if (answer.status !== 404) throw failureOf(answer);
    const failure = missingFailure(answer, this.mount);
    if (failure) throw failure;
    return undefined;
  }

  /** Stores a version after the given one; `false` where there is, or may be, another one by now. */
  async put(
    path: string,
    data: Record<string, unknown>,
    cas: number,
    attempts: Attempts,
    signal: AbortSignal,
  ): Promise<boolean> {
    const body = { options: { cas }, data };
    const message = { method: "POST", path: `data/${path}`, body, signal } as const;
    const answer = await this.#request(message).catch((error) => {
      if (!isLost(error)) throw error;
    });
    attempts.isUncertain ||= !answer || answer.tries > 1;
    if (answer?.status === 200) return true;
    const said = answer && complaints(answer)?.join() || "";
    if (!answer || said.includes("did not match the current version")) return false;
    throw (answer.status === 404 ? missingFailure(answer, this.mount) : undefined) ??
      failureOf(answer);
  }

  /** Deletes the version that was emptied, and the one before: others that follow are not touched. */
  async deleteVersions(
    path: string,
    version: number,
    signal: AbortSignal,
  ): Promise<void> {
    const body = { versions: [version, version + 1] };
    const answer = await this.#request({ method: "POST", path: `delete/${path}`, body, signal });
    if (answer.status >= 400) throw failureOf(answer);
  }

  /** Refuses an engine of version 1, which would take a write, and store what that consists of. */
  async check(signal: AbortSignal): Promise<void> {
    if (this.#isChecked) return;
    const path = `sys/internal/ui/mounts/${this.mount}`;
    try {
      const answer = await this.client.request({ method: "GET", path, signal });
      const { data } = parse(answer) as { data?: { options?: { version?: string } } };
      if (answer.status === 200 && data?.options?.version !== "2") throw noEngine(this.mount);
    } catch (error) {
      // Without any right below the mount: the write itself says so.
      if (!isForbidden(error)) throw error;
    }
    this.#isChecked = true;
  }

  async #request(message: Message): Promise<TriedAnswer> {
    return await this.client.request({ ...message, path: `${this.mount}/${message.path}` });
  }
}

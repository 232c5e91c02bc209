// Writes a version of a secret. A Key Vault keeps a deleted one for 7 to 90 days, and its name takes no
// new version until it is recovered, which takes seconds.

import { Failure } from "../../errors.ts";
import { delay } from "../../lib/delay.ts";
import type { HttpAnswer } from "../../lib/http.ts";
import type { KeyVaultClient } from "./client.ts";
import { complaintOf, failureOf, parse } from "./failures.ts";
import type { Tags } from "./names.ts";
import type { Value } from "./stored_form.ts";

const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3_000;
const DELETED = "ObjectIsDeletedButRecoverable";
const IN_BETWEEN = [DELETED, "ObjectIsBeingDeleted", "ObjectIsBeingRecovered"];

export interface PutOptions {
  /** How long to wait for a recovery. */
  limitMs: number;
  onRecover: (notice: string) => void | Promise<void>;
  signal: AbortSignal | undefined;
}

/** What is written, with the tags that were there. */
type Body = (tags: Tags | undefined) => Value & { tags: Tags };

export async function put(
  client: KeyVaultClient,
  name: string,
  bodyOf: Body,
  found: Tags | undefined,
  options: PutOptions,
): Promise<void> {
  const { signal } = options;
  let body = bodyOf(found);
  let recovered = false;
  try {
    const end = performance.now() + options.limitMs;
    for (let wait = FIRST_WAIT_MS;; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const path = `/secrets/${name}`;
      const message = { method: "PUT", path, body, action: "setSecret", signal } as const;
      const answer = await client.request(message, [200, 409]);
      if (answer.status === 200) break;
      const state = complaintOf(answer).inner;
      if (!IN_BETWEEN.includes(state)) {
        throw failureOf(answer, "setSecret", client.place.origin);
      }
      if (performance.now() > end) throw stillInBetween(state, answer);
      if (state === DELETED && !recovered) {
        const tags = await recover(client, name, signal);
        recovered = tags !== undefined;
        if (tags) body = bodyOf(tags);
        if (recovered) continue;
      }
      await delay(wait, signal);
    }
  } catch (error) {
    const { vault } = client.place;
    if (recovered && error instanceof Failure) throw halfDone(error, vault, name);
    if (recovered) await options.onRecover(`${recoveredIn(vault, name)}, but was not replaced`);
    throw error;
  }
  if (recovered) {
    const place = recoveredIn(client.place.vault, name);
    await options.onRecover(`${place} to take a new one; its older versions are there again, too`);
  }
}

function recoveredIn(vault: string, name: string): string {
  return `the secret "${name}" had been deleted in the Key Vault "${vault}", and was recovered`;
}

/** Begins to recover a deleted secret; returns its tags, or `undefined` if it is not the time for it. */
async function recover(
  client: KeyVaultClient,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Tags | undefined> {
  const path = `/deletedsecrets/${name}/recover`;
  const message = { method: "POST", path, action: "recover", signal } as const;
  const answer = await client.request(message, [200, 404, 409]);
  if (answer.status !== 200) return undefined;
  return (parse(answer).tags ?? {}) as Tags;
}

function stillInBetween(state: string, { status }: HttpAnswer): Failure {
  const reason = "the deleted secret of the same name could not be recovered in time";
  return new Failure("timeout", reason, { code: status, codeName: state, advice: "Try again." });
}

function halfDone({ kind, message, details }: Failure, vault: string, name: string): Failure {
  const reason = `${message}. The deleted secret was recovered before that, with its last value`;
  const command = `az keyvault secret delete --vault-name ${vault} --name ${name}`;
  return new Failure(kind, reason, { ...details, advice: `Try again, or delete it: ${command}` });
}

// What `diagnose` says: whether the store can be used, which one it is, and which recipients it
// encrypts for. No entry is opened, and nobody is asked for a passphrase.

import { Failure, quote, type Viability } from "../../errors.ts";
import type { CallOptions } from "../../keyring.ts";
import { mayRead } from "../../lib/environment.ts";
import { oneLine } from "../../lib/one_line.ts";
import { allowFlag } from "../../lib/shell.ts";
import { Gpg } from "./gpg.ts";
import { findRoot, noStore, orNull } from "./location.ts";
import { mayRun } from "./programs.ts";
import { findRecipients } from "./recipients.ts";

const PROBE_LIMIT_MS = 5_000;

export async function probe({ signal }: CallOptions = {}): Promise<Viability> {
  try {
    return await look(signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof Failure)) throw error;
    const { flag } = error.details;
    return { viable: false, reason: error.message, ...(flag !== undefined && { flag }) };
  }
}

async function look(signal: AbortSignal | undefined): Promise<Viability> {
  const root = findRoot(undefined);
  const flags = [
    ...mayRead(root) ? [] : [allowFlag("read", root)],
    ...mayRun("gpg") ? [] : ["--allow-run=gpg"],
  ];
  if (flags.length > 0) {
    return { viable: false, reason: "a Deno permission is missing", flag: flags.join(" ") };
  }
  if (await orNull(Deno.stat(root)) === null) throw noStore(root);
  const gpg = new Gpg({ home: undefined, timeoutMs: PROBE_LIMIT_MS });
  const recipients = await findRecipients(root, "", gpg, signal);
  const notes = [`at ${quote(root)}`, `encrypts to ${recipients.join(", ")}`];
  if (await orNull(Deno.lstat(`${root}/.git`))) notes.push("commits to git");
  const hasKey = await gpg.hasSecretKey(recipients, signal);
  if (!hasKey) notes.push("gpg has the secret key of none of these");
  return { viable: true, note: oneLine(notes.join("; ")) };
}

// The keys that an entry is encrypted to: those of the nearest `.gpg-id` above it.

import { Failure, quote } from "../../errors.ts";
import type { Gpg } from "./gpg.ts";
import { inStore, orNull, setting } from "./location.ts";

/** Finds them, and checks who signed the list where `PASSWORD_STORE_SIGNING_KEY` asks for that. */
export async function findRecipients(
  root: string,
  path: string,
  gpg: Gpg,
  signal?: AbortSignal,
): Promise<string[]> {
  const keys = setting("PASSWORD_STORE_KEY", "PASSWORD_STORE_SIGNING_KEY");
  if (keys !== undefined) return words(keys);
  const signers = setting("PASSWORD_STORE_SIGNING_KEY");
  const { file, bytes } = await findList(root, path);
  if (signers !== undefined) await checkSignature(file, bytes, words(signers), gpg, signal);
  const recipients = new TextDecoder().decode(bytes).split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "");
  if (recipients.length > 0) return recipients;
  throw uninitialized(`${quote(file)} names no gpg key`);
}

async function findList(root: string, path: string): Promise<{ file: string; bytes: Uint8Array }> {
  const names = path.split("/");
  while (names.pop() !== undefined) {
    const file = [root, ...names, ".gpg-id"].join("/");
    const bytes = await inStore(root, "read", () => orNull(Deno.readFile(file)));
    if (bytes) return { file, bytes };
  }
  throw uninitialized(`the password store ${quote(root)} has no .gpg-id`);
}

async function checkSignature(
  file: string,
  bytes: Uint8Array,
  trusted: string[],
  gpg: Gpg,
  signal?: AbortSignal,
): Promise<void> {
  const advice = "Compare the keys that it names, then sign it with `pass init` and these keys.";
  const signature = `${file}.sig`;
  if (await orNull(Deno.stat(signature)) === null) {
    throw new Failure("other", `${quote(file)} is not signed`, { advice });
  }
  const signers = await gpg.signers(signature, bytes, signal);
  // These are fingerprints: short names of keys can be forged.
  if (signers.some((key) => trusted.includes(key))) return;
  const reason = `${quote(file)} is not signed by a key of PASSWORD_STORE_SIGNING_KEY`;
  throw new Failure("other", reason, { advice });
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function uninitialized(reason: string): Failure {
  return new Failure("uninitialized", reason, {
    advice: "Name one with `pass init`.",
  });
}

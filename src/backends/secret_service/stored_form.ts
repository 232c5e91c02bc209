// Which text the Secret Service must hold as Base64: newer versions of `secret-tool` refuse what is
// not text, and a keyring without a password can lose text, too.

import { Failure } from "../../errors.ts";
import type { ItemForm } from "../../layouts/layout.ts";
import { BASE64_MARKER, fromStoredForm, toStoredForm as encode } from "../../lib/stored_form.ts";
import { defaultFileKind, type FileKind } from "./keyring_file.ts";

export { BASE64_MARKER, fromStoredForm };

const [LINE_FEED, CARRIAGE_RETURN, BLANK, BACKSLASH] = [0x0a, 0x0d, 0x20, 0x5c];

/** Encodes a secret for the store, always as bytes of its own. */
export async function toStoredForm(
  secret: Uint8Array,
  fileKind: () => Promise<FileKind> = defaultFileKind,
): Promise<Uint8Array> {
  const stored = encode(secret);
  // Most secrets are safe in any file, and then none is looked at.
  const isSafe = stored.length > secret.length || !isFragile(secret, "plain");
  if (isSafe || !isFragile(secret, await fileKind())) return stored;
  stored.fill(0);
  return encode(secret, () => true);
}

/** Copies a secret that another program reads, so that it must be held as it is. */
export async function toPlainForm(
  secret: Uint8Array,
  isGnome: () => Promise<boolean>,
  fileKind: () => Promise<FileKind>,
): Promise<Uint8Array> {
  const stored = encode(secret);
  const isText = stored.length === secret.length;
  stored.fill(0);
  // KWallet and KeePassXC hold text only.
  if (!isText && !await isGnome()) {
    throw new Failure("other", "the Secret Service stores only text here, without NUL characters");
  }
  if ((!isText || isFragile(secret, "plain")) && await fileKind() === "plain") {
    const reason = "the keyring has no password, and its file would damage this secret";
    throw new Failure("other", reason, { advice: "Set a password of the keyring." });
  }
  return new Uint8Array(secret);
}

/** Whether secrets that are not safe as they are have a form of this library. */
export function hasOwnForms({ looseNamesOf }: ItemForm): boolean {
  return looseNamesOf !== undefined;
}

/** Decodes what an item of this form holds. */
export function fromForm(form: ItemForm, stored: Uint8Array): Uint8Array {
  return hasOwnForms(form) ? fromStoredForm(stored) : stored;
}

/** Returns whether a keyring file of this kind could damage text, or be destroyed by it. */
function isFragile(secret: Uint8Array, kind: FileKind): boolean {
  if (kind === "encrypted") return false;
  if (secret.includes(LINE_FEED) || secret.includes(CARRIAGE_RETURN)) return true;
  return kind === "plain" && (secret.includes(BACKSLASH) || (secret[0] ?? Infinity) <= BLANK);
}

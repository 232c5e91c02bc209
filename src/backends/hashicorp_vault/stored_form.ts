// A secret as a field, which holds text.

import { fromStoredForm, toStoredForm } from "../../lib/stored_form.ts";

/**
 * The most bytes of a secret: as Base64, with the names and times that the server adds, they fit into
 * the 1 MiB that one entry of its storage (raft) takes.
 */
export const LARGEST_SECRET = 750_000;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
// Even six times as long it would fit.
const SMALL = 128 * 1024;

export function toField(bytes: Uint8Array): string {
  const stored = toStoredForm(bytes, growsInJson);
  try {
    return DECODER.decode(stored);
  } finally {
    stored.fill(0);
  }
}

export function fromField(text: string): Uint8Array {
  return fromStoredForm(ENCODER.encode(text));
}

/** Whether text grows by more than Base64 does: the server writes each of these as six characters. */
function growsInJson(bytes: Uint8Array): boolean {
  if (bytes.length <= SMALL) return false;
  // deno-lint-ignore no-control-regex -- the server escapes them
  const escaped = DECODER.decode(bytes).match(/[\x00-\x1f<>&"\\\u2028\u2029]/g)?.length ?? 0;
  return escaped * 5 > bytes.length / 3;
}

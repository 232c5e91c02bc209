// A secret as a value, which holds text.

import { Failure } from "../../errors.ts";
import { BASE64_MARKER, fromStoredForm, toStoredForm } from "../../lib/stored_form.ts";

/** The most characters that a Key Vault takes as one value: "25k bytes". */
const LARGEST_VALUE = 25_000;
/** The most bytes of a secret, whatever they are: as Base64 they still fit. */
export const LARGEST_SECRET = Math.floor((LARGEST_VALUE - BASE64_MARKER.length) / 4) * 3;

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });
const TEXT = "text/plain";
const BYTES = "application/octet-stream;base64";

export interface Value {
  value: string;
  contentType: string;
}

export function toValue(secret: Uint8Array): Value {
  const stored = toStoredForm(secret, isFragile);
  try {
    const isText = stored.length === secret.length;
    if (stored.length > LARGEST_VALUE) {
      const limit = isText ? LARGEST_VALUE : LARGEST_SECRET;
      throw new Failure("too-large", "", { size: secret.length, limit });
    }
    return { value: DECODER.decode(stored), contentType: isText ? TEXT : BYTES };
  } finally {
    stored.fill(0);
  }
}

export function fromValue(value: string): Uint8Array {
  return fromStoredForm(ENCODER.encode(value));
}

/** Whether it is empty, or holds what a service for text may refuse or change. */
function isFragile(secret: Uint8Array): boolean {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return secret.length === 0 || /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]/
    .test(DECODER.decode(secret));
}

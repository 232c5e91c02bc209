import { encodeUtf16Into } from "./wide.ts";

/** How a blob encodes text; `"unknown"` for the blobs of programs that left no sign of it. */
export type BlobEncoding = "utf-16le" | "utf-8" | "unknown";

/** Encodes text as UTF-16LE without a NUL, as Windows itself and Python's keyring do. */
export function encodeBlob(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  encodeUtf16Into(text, bytes);
  return bytes;
}

/**
 * Decodes a blob. Without a known encoding a zero in a high byte tells UTF-16LE (`cmdkey`, the
 * Control Panel, PowerShell, Git Credential Manager); else UTF-8 comes first (Go, Rust's cargo,
 * keytar, Bun), because short UTF-8 text is nearly always valid UTF-16 too, and seldom the reverse.
 */
export function decodeBlob(blob: Uint8Array, encoding: BlobEncoding): string | undefined {
  if (encoding !== "unknown") return decode(encoding, blob);
  const byteOrderMark = blob[0] === 0xff && blob[1] === 0xfe;
  if (byteOrderMark) return decode("utf-16le", blob.subarray(2));
  const wide = blob.length % 2 === 0 && blob.some((byte, index) => index % 2 === 1 && byte === 0);
  if (wide) return decode("utf-16le", blob) ?? decode("utf-8", blob);
  return decode("utf-8", blob) ?? decode("utf-16le", blob);
}

// Made once, since making one takes longer than decoding a password.
const DECODERS = {
  "utf-16le": new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true }),
  "utf-8": new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }),
};

function decode(encoding: "utf-16le" | "utf-8", blob: Uint8Array): string | undefined {
  try {
    return DECODERS[encoding].decode(blob);
  } catch {
    return undefined;
  }
}

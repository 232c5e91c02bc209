// Bytes as hex digits and back. The digits of a secret are bytes too, so that they can be
// overwritten.

/** Writes bytes as lowercase hex digits. */
export function encodeHex(bytes: Uint8Array): Uint8Array {
  const digits = new Uint8Array(bytes.length * 2);
  for (const [index, byte] of bytes.entries()) {
    digits[index * 2] = digit(byte >> 4);
    digits[index * 2 + 1] = digit(byte & 15);
  }
  return digits;
}

function digit(value: number): number {
  return value < 10 ? 0x30 + value : 0x57 + value;
}

export function decodeHex(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

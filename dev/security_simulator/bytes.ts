/**
 * Binary strings: one character from 0 to 255 for each byte.
 *
 * @module
 */

/**
 * Makes a binary string of bytes.
 *
 * @param bytes The bytes.
 */
export function fromBytes(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}

/**
 * Makes the bytes of a binary string.
 *
 * @param text The string.
 */
export function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/**
 * Makes the binary string of a text's UTF-8 form.
 *
 * @param text The text.
 */
export function utf8(text: string): string {
  return fromBytes(new TextEncoder().encode(text));
}

/**
 * Writes each byte as two hex digits.
 *
 * @param text The binary string.
 */
export function hex(text: string): string {
  return Array.from(text, (c) => c.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

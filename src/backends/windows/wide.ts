export function wideSize(text: string): number {
  return (text.length + 1) * 2;
}

/** Encodes a string as UTF-16LE with a NUL at its end. */
export function encodeWide(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(wideSize(text));
  encodeUtf16Into(text, bytes);
  return bytes;
}

/** Encodes a string as UTF-16LE. */
export function encodeUtf16Into(text: string, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < text.length; index++) {
    view.setUint16(index * 2, text.charCodeAt(index), true);
  }
}

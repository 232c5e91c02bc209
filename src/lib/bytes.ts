/** Tells whether bytes stand at a place among others. */
export function hasAt(bytes: Uint8Array, place: number, expected: Uint8Array): boolean {
  return expected.every((byte, index) => bytes[place + index] === byte);
}

/**
 * Bytes within bytes.
 *
 * @module
 */

/**
 * Tells whether bytes stand at a place among others.
 *
 * @param bytes The bytes to look into.
 * @param place Where, from 0.
 * @param expected The bytes to find there.
 * @returns Whether all of them do.
 */
export function hasAt(bytes: Uint8Array, place: number, expected: Uint8Array): boolean {
  return expected.every((byte, index) => bytes[place + index] === byte);
}

/** Returns whether bytes occur at an offset of others. */
export function hasAt(bytes: Uint8Array, place: number, expected: Uint8Array): boolean {
  return expected.every((byte, index) => bytes[place + index] === byte);
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && hasAt(a, 0, b);
}

/** Overwrites what may be secrets. */
export function wipeAll(values: readonly Uint8Array[]): void {
  for (const value of values) value.fill(0);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

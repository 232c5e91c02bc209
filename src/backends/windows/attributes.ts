/** The size of `CREDENTIAL_ATTRIBUTEW` in bytes. */
export const ATTRIBUTE_SIZE = 24;

const OFFSET = { keyword: 0, flags: 8, valueSize: 12, value: 16 } as const;

export interface AttributeFields {
  keyword: string;
  /** Its flags, which Windows wants to be 0. */
  flags: number;
  value: Uint8Array;
}

/** An attribute as it is found in memory: keyword and value are addresses, `0n` for none. */
export interface AttributeHeader {
  /** Address of `Keyword`. */
  keyword: bigint;
  /** `Flags` */
  flags: number;
  /** `ValueSize` in bytes. */
  valueSize: number;
  /** Address of `Value`. */
  value: bigint;
}

export function encodeAttribute(header: AttributeHeader): Uint8Array {
  const bytes = new Uint8Array(ATTRIBUTE_SIZE);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(OFFSET.keyword, header.keyword, true);
  view.setUint32(OFFSET.flags, header.flags, true);
  view.setUint32(OFFSET.valueSize, header.valueSize, true);
  view.setBigUint64(OFFSET.value, header.value, true);
  return bytes;
}

export function decodeAttribute(bytes: Uint8Array): AttributeHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, ATTRIBUTE_SIZE);
  return {
    keyword: view.getBigUint64(OFFSET.keyword, true),
    flags: view.getUint32(OFFSET.flags, true),
    valueSize: view.getUint32(OFFSET.valueSize, true),
    value: view.getBigUint64(OFFSET.value, true),
  };
}

import { ATTRIBUTE_SIZE, type AttributeFields, encodeAttribute } from "./attributes.ts";
import { CRED_TYPE_GENERIC } from "./constants.ts";
import { encodeWide, wideSize } from "./wide.ts";

export {
  CRED_TYPE_GENERIC,
  MAX_BLOB_BYTES,
  MAX_TARGET_LENGTH,
  MAX_USERNAME_LENGTH,
  PERSIST,
} from "./constants.ts";

/** The size of `CREDENTIALW` in bytes. */
export const CREDENTIAL_SIZE = 80;

const OFFSET = {
  type: 4,
  targetName: 8,
  comment: 16,
  lastWritten: 24,
  blobSize: 32,
  blob: 40,
  persist: 48,
  attributeCount: 52,
  attributes: 56,
  targetAlias: 64,
  userName: 72,
} as const;

export interface CredentialFields {
  /** One of `CRED_TYPE`; generic when it is left out. */
  type?: number;
  target: string;
  /** The user name; `null` for none. */
  userName: string | null;
  comment: string;
  /** One of {@linkcode PERSIST}. */
  persist: number;
  blob: Uint8Array;
  targetAlias?: string;
  attributes?: readonly AttributeFields[];
}

/** A credential as it is found in memory: strings and blob are addresses, `0n` for none. */
export interface CredentialHeader {
  /** `Type` */
  type: number;
  /** Address of `TargetName`. */
  targetName: bigint;
  /** Address of `Comment`. */
  comment: bigint;
  /** `LastWritten`; `undefined` where it is zero. */
  lastWritten: Date | undefined;
  /** `CredentialBlobSize` in bytes. */
  blobSize: number;
  /** Address of `CredentialBlob`. */
  blob: bigint;
  /** `Persist` */
  persist: number;
  /** `AttributeCount` */
  attributeCount: number;
  /** Address of `Attributes`. */
  attributes: bigint;
  /** Address of `TargetAlias`. */
  targetAlias: bigint;
  /** Address of `UserName`. */
  userName: bigint;
}

export function encodeCredential(fields: CredentialFields, address: bigint): Uint8Array {
  const { userName, targetAlias, attributes = [] } = fields;
  const block = new Uint8Array(blockSize(fields));
  // Strings come before bytes, so that they stand at even addresses.
  const table = CREDENTIAL_SIZE + attributes.length * ATTRIBUTE_SIZE;
  const place = placer(block, address, table);
  const header = {
    type: fields.type ?? CRED_TYPE_GENERIC,
    targetName: place(encodeWide(fields.target)),
    comment: place(encodeWide(fields.comment)),
    userName: userName === null ? 0n : place(encodeWide(userName)),
    targetAlias: targetAlias === undefined ? 0n : place(encodeWide(targetAlias)),
    blobSize: fields.blob.length,
    persist: fields.persist,
    attributeCount: attributes.length,
    attributes: attributes.length === 0 ? 0n : address + BigInt(CREDENTIAL_SIZE),
  };
  const keywords = attributes.map(({ keyword }) => place(encodeWide(keyword)));
  encodeHeader(block, { ...header, blob: place(fields.blob) });
  for (const [index, { flags, value }] of attributes.entries()) {
    const keyword = keywords[index] ?? 0n;
    const entry = encodeAttribute({ keyword, flags, valueSize: value.length, value: place(value) });
    block.set(entry, CREDENTIAL_SIZE + index * ATTRIBUTE_SIZE);
  }
  return block;
}

function placer(block: Uint8Array, address: bigint, start: number): (part: Uint8Array) => bigint {
  let offset = start;
  return (part) => {
    if (part.length === 0) return 0n;
    const at = address + BigInt(offset);
    block.set(part, offset);
    offset += part.length;
    return at;
  };
}

function encodeHeader(block: Uint8Array, header: Omit<CredentialHeader, "lastWritten">): void {
  const view = new DataView(block.buffer);
  view.setUint32(OFFSET.type, header.type, true);
  view.setBigUint64(OFFSET.targetName, header.targetName, true);
  view.setBigUint64(OFFSET.comment, header.comment, true);
  view.setUint32(OFFSET.blobSize, header.blobSize, true);
  view.setBigUint64(OFFSET.blob, header.blob, true);
  view.setUint32(OFFSET.persist, header.persist, true);
  view.setUint32(OFFSET.attributeCount, header.attributeCount, true);
  view.setBigUint64(OFFSET.attributes, header.attributes, true);
  view.setBigUint64(OFFSET.targetAlias, header.targetAlias, true);
  view.setBigUint64(OFFSET.userName, header.userName, true);
}

/** The size of the block that {@linkcode encodeCredential} makes. */
export function blockSize(fields: CredentialFields): number {
  const { target, comment, userName, targetAlias, blob, attributes = [] } = fields;
  const user = userName === null ? 0 : wideSize(userName);
  const alias = targetAlias === undefined ? 0 : wideSize(targetAlias);
  const beside = attributes.map(({ keyword, value }) =>
    ATTRIBUTE_SIZE + wideSize(keyword) + value.length
  );
  const strings = wideSize(target) + wideSize(comment) + user + alias;
  return beside.reduce((sum, size) => sum + size, CREDENTIAL_SIZE + strings + blob.length);
}

/** Reads the fields of a `CREDENTIALW`. */
export function decodeCredential(bytes: Uint8Array): CredentialHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, CREDENTIAL_SIZE);
  return {
    type: view.getUint32(OFFSET.type, true),
    targetName: view.getBigUint64(OFFSET.targetName, true),
    comment: view.getBigUint64(OFFSET.comment, true),
    lastWritten: decodeFileTime(view.getBigUint64(OFFSET.lastWritten, true)),
    blobSize: view.getUint32(OFFSET.blobSize, true),
    blob: view.getBigUint64(OFFSET.blob, true),
    persist: view.getUint32(OFFSET.persist, true),
    attributeCount: view.getUint32(OFFSET.attributeCount, true),
    attributes: view.getBigUint64(OFFSET.attributes, true),
    targetAlias: view.getBigUint64(OFFSET.targetAlias, true),
    userName: view.getBigUint64(OFFSET.userName, true),
  };
}

// FILETIME counts 100 ns since 1601-01-01 UTC.
function decodeFileTime(ticks: bigint): Date | undefined {
  return ticks === 0n ? undefined : new Date(Number(ticks / 10_000n) - 11_644_473_600_000);
}

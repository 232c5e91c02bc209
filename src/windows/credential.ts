/**
 * `CREDENTIALW` of `wincred.h`, to and from the 80 bytes that it has on 64-bit Windows.
 *
 * @module
 */

/** `CRED_TYPE_GENERIC` */
export const CRED_TYPE_GENERIC = 1;
/** `CRED_MAX_CREDENTIAL_BLOB_SIZE` in bytes. */
export const MAX_BLOB_BYTES = 5 * 512;
/** `CRED_MAX_GENERIC_TARGET_NAME_LENGTH` less the NUL, in UTF-16 code units. */
export const MAX_TARGET_LENGTH = 32_766;
/** `CRED_MAX_USERNAME_LENGTH` less the NUL, in UTF-16 code units. */
export const MAX_USERNAME_LENGTH = 512;
/** `CRED_PERSIST_SESSION`, `CRED_PERSIST_LOCAL_MACHINE`, `CRED_PERSIST_ENTERPRISE` */
export const PERSIST = { session: 1, local: 2, enterprise: 3 } as const;

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
  userName: 72,
} as const;

/** A credential as it is written. */
export interface CredentialFields {
  /** The target name; its key, case-insensitive. */
  target: string;
  /** The user name; `null` for none. */
  userName: string | null;
  /** The comment. */
  comment: string;
  /** One of {@linkcode PERSIST}. */
  persist: number;
  /** The secret. */
  blob: Uint8Array;
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
  /** Address of `UserName`. */
  userName: bigint;
}

/**
 * Lays out a generic credential with all that it points to in one block.
 *
 * @param fields The credential.
 * @param address Where the block is going to be.
 * @returns The block, which holds the secret and must be overwritten after use.
 */
export function encodeCredential(fields: CredentialFields, address: bigint): Uint8Array {
  const target = encodeWide(fields.target);
  const comment = encodeWide(fields.comment);
  const userName = fields.userName === null ? new Uint8Array() : encodeWide(fields.userName);
  const parts = [new Uint8Array(CREDENTIAL_SIZE), target, comment, userName, fields.blob];
  const block = new Uint8Array(blockSize(fields));
  const view = new DataView(block.buffer);
  const addresses: bigint[] = [];
  let offset = 0;
  for (const part of parts) {
    addresses.push(part.length === 0 ? 0n : address + BigInt(offset));
    block.set(part, offset);
    offset += part.length;
  }
  view.setUint32(OFFSET.type, CRED_TYPE_GENERIC, true);
  view.setBigUint64(OFFSET.targetName, addresses[1] ?? 0n, true);
  view.setBigUint64(OFFSET.comment, addresses[2] ?? 0n, true);
  view.setUint32(OFFSET.blobSize, fields.blob.length, true);
  view.setBigUint64(OFFSET.blob, addresses[4] ?? 0n, true);
  view.setUint32(OFFSET.persist, fields.persist, true);
  view.setBigUint64(OFFSET.userName, addresses[3] ?? 0n, true);
  return block;
}

/**
 * The size of the block that {@linkcode encodeCredential} makes.
 *
 * @param fields The credential.
 * @returns Its size in bytes.
 */
export function blockSize({ target, comment, userName, blob }: CredentialFields): number {
  const user = userName === null ? 0 : wideSize(userName);
  return CREDENTIAL_SIZE + wideSize(target) + wideSize(comment) + user + blob.length;
}

/**
 * Reads the fields of a `CREDENTIALW`.
 *
 * @param bytes Its 80 bytes.
 * @returns Its fields.
 */
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
    userName: view.getBigUint64(OFFSET.userName, true),
  };
}

// FILETIME counts 100 ns since 1601-01-01 UTC.
function decodeFileTime(ticks: bigint): Date | undefined {
  return ticks === 0n ? undefined : new Date(Number(ticks / 10_000n) - 11_644_473_600_000);
}

function wideSize(text: string): number {
  return (text.length + 1) * 2;
}

/**
 * Encodes a string as UTF-16LE with a NUL at its end.
 *
 * @param text The string.
 * @returns Its bytes.
 */
export function encodeWide(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(wideSize(text));
  encodeUtf16Into(text, bytes);
  return bytes;
}

/**
 * Encodes a string as UTF-16LE.
 *
 * @param text The string.
 * @param bytes Where to; at least two bytes a code unit.
 */
export function encodeUtf16Into(text: string, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let index = 0; index < text.length; index++) {
    view.setUint16(index * 2, text.charCodeAt(index), true);
  }
}

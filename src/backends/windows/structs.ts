// `CREDENTIALW` and `CREDENTIAL_ATTRIBUTEW`, as they lie in memory on x64 and ARM64.

import { CRED_TYPE, type KERNEL32 } from "./symbols.ts";

export const CREDENTIAL_SIZE = 80;
export const ATTRIBUTE_SIZE = 24;

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

const ATTRIBUTE_OFFSET = { keyword: 0, flags: 8, valueSize: 12, value: 16 } as const;

export interface AttributeFields {
  keyword: string;
  flags: number;
  value: Uint8Array;
}

/** A credential to be written. */
export interface CredentialFields {
  /** One of `CRED_TYPE`; generic by default. */
  type?: number;
  target: string;
  userName: string | null;
  comment: string | null;
  /** One of `PERSIST`. */
  persist: number;
  blob: Uint8Array;
  targetAlias?: string | undefined;
  attributes?: readonly AttributeFields[];
}

/** A credential that was read; a string is empty where there is none. */
export interface StoredCredential {
  type: number;
  target: string;
  userName: string;
  comment: string;
  persist: number;
  lastWritten: Date | undefined;
  targetAlias: string;
  attributes: AttributeFields[];
  /** The secret, which the caller must overwrite after use; empty where it was not asked for. */
  blob: Uint8Array;
}

/** Encodes text as UTF-16LE. */
export function encodeUtf16(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(text.length * 2);
  putUtf16(new DataView(bytes.buffer), 0, text);
  return bytes;
}

/** Encodes text as Windows takes it: UTF-16LE with a NUL at its end. */
export function encodeWide(text: string): Uint8Array<ArrayBuffer> {
  return encodeUtf16(`${text}\0`);
}

function putUtf16(view: DataView, start: number, text: string): void {
  for (let index = 0; index < text.length; index++) {
    view.setUint16(start + index * 2, text.charCodeAt(index), true);
  }
}

/** The size of the block that {@linkcode encodeCredential} makes. */
export function blockSize(fields: CredentialFields): number {
  const { target, comment, userName, targetAlias, blob, attributes = [] } = fields;
  let size = CREDENTIAL_SIZE + wideSize(target) + wideSize(comment) + wideSize(userName) +
    wideSize(targetAlias) + blob.length;
  for (const { keyword, value } of attributes) {
    size += ATTRIBUTE_SIZE + wideSize(keyword) + value.length;
  }
  return size;
}

function wideSize(text: string | null | undefined): number {
  return typeof text === "string" ? (text.length + 1) * 2 : 0;
}

/** Lays out a credential and all that it points to as one block, for a place in memory. */
export function encodeCredential(
  fields: CredentialFields,
  address: bigint,
): Uint8Array<ArrayBuffer> {
  const { type = CRED_TYPE.generic, blob, persist, attributes = [] } = fields;
  const table = CREDENTIAL_SIZE;
  const block = new Block(blockSize(fields), address, table + attributes.length * ATTRIBUTE_SIZE);
  block.view.setUint32(OFFSET.type, type, true);
  block.view.setUint32(OFFSET.persist, persist, true);
  // Strings come before bytes, so that they lie at even addresses.
  block.putText(OFFSET.targetName, fields.target);
  block.putText(OFFSET.comment, fields.comment);
  block.putText(OFFSET.userName, fields.userName);
  block.putText(OFFSET.targetAlias, fields.targetAlias);
  for (const [index, { keyword, flags }] of attributes.entries()) {
    const start = table + index * ATTRIBUTE_SIZE;
    block.putText(start + ATTRIBUTE_OFFSET.keyword, keyword);
    block.view.setUint32(start + ATTRIBUTE_OFFSET.flags, flags, true);
  }
  block.putBytes(OFFSET.blob, OFFSET.blobSize, blob);
  for (const [index, { value }] of attributes.entries()) {
    const start = table + index * ATTRIBUTE_SIZE;
    block.putBytes(start + ATTRIBUTE_OFFSET.value, start + ATTRIBUTE_OFFSET.valueSize, value);
  }
  if (attributes.length > 0) {
    block.view.setBigUint64(OFFSET.attributes, address + BigInt(table), true);
    block.view.setUint32(OFFSET.attributeCount, attributes.length, true);
  }
  return block.bytes;
}

/** Where {@linkcode encodeBlobFields} belongs. */
export const BLOB_FIELDS = BigInt(OFFSET.blobSize);

/** The size and the address of a blob, as they lie in a credential. */
export function encodeBlobFields(size: number, address: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(OFFSET.blob + 8 - OFFSET.blobSize);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, size, true);
  view.setBigUint64(OFFSET.blob - OFFSET.blobSize, address, true);
  return bytes;
}

class Block {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  readonly #address: bigint;
  #end: number;

  constructor(size: number, address: bigint, end: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.#address = address;
    this.#end = end;
  }

  putText(pointer: number, text: string | null | undefined): void {
    if (typeof text === "string") putUtf16(this.view, this.#place(pointer, wideSize(text)), text);
  }

  putBytes(pointer: number, size: number, bytes: Uint8Array): void {
    this.view.setUint32(size, bytes.length, true);
    if (bytes.length > 0) this.bytes.set(bytes, this.#place(pointer, bytes.length));
  }

  #place(pointer: number, size: number): number {
    const start = this.#end;
    this.#end += size;
    this.view.setBigUint64(pointer, this.#address + BigInt(start), true);
    return start;
  }
}

/** A `CREDENTIALW`; its strings, blob and attributes are addresses, `0n` for none. */
export type CredentialHeader = ReturnType<typeof decodeCredential>;

export function decodeCredential(bytes: Uint8Array) {
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

type Memory = Pick<
  Deno.DynamicLibrary<typeof KERNEL32>["symbols"],
  "copyOut" | "lstrlenW" | "RtlZeroMemory"
>;

// Used again and again, for what is no secret: to make a buffer takes longer than to copy into it.
const HEADER = new Uint8Array(CREDENTIAL_SIZE);
const UNITS = new Uint16Array(256);

export function readHeader(memory: Memory, address: bigint): CredentialHeader {
  memory.copyOut(HEADER, address, BigInt(CREDENTIAL_SIZE));
  return decodeCredential(HEADER);
}

/** Copies all that a credential points to, the secret only on request. */
export function copyCredential(
  memory: Memory,
  header: CredentialHeader,
  withSecret: boolean,
): StoredCredential {
  return {
    type: header.type,
    target: readWide(memory, header.targetName),
    userName: readWide(memory, header.userName),
    comment: readWide(memory, header.comment),
    persist: header.persist,
    lastWritten: header.lastWritten,
    targetAlias: readWide(memory, header.targetAlias),
    attributes: readAttributes(memory, header),
    blob: readBytes(memory, header.blob, withSecret ? header.blobSize : 0),
  };
}

export function zeroSecret(memory: Memory, { blob, blobSize }: CredentialHeader): void {
  if (blobSize > 0) memory.RtlZeroMemory(blob, BigInt(blobSize));
}

function readAttributes(memory: Memory, header: CredentialHeader): AttributeFields[] {
  if (header.attributes === 0n) return [];
  const size = header.attributeCount * ATTRIBUTE_SIZE;
  const view = new DataView(readBytes(memory, header.attributes, size).buffer);
  return Array.from({ length: header.attributeCount }, (_, index) => {
    const start = index * ATTRIBUTE_SIZE;
    const valueSize = view.getUint32(start + ATTRIBUTE_OFFSET.valueSize, true);
    return {
      keyword: readWide(memory, view.getBigUint64(start + ATTRIBUTE_OFFSET.keyword, true)),
      flags: view.getUint32(start + ATTRIBUTE_OFFSET.flags, true),
      value: readBytes(
        memory,
        view.getBigUint64(start + ATTRIBUTE_OFFSET.value, true),
        valueSize,
      ),
    };
  });
}

function readBytes(memory: Memory, address: bigint, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  if (size > 0) memory.copyOut(bytes, address, BigInt(size));
  return bytes;
}

const UTF16 = new TextDecoder("utf-16le", { ignoreBOM: true });

function readWide(memory: Memory, address: bigint): string {
  if (address === 0n) return "";
  const length = memory.lstrlenW(address);
  if (length > UNITS.length) return UTF16.decode(readBytes(memory, address, length * 2));
  memory.copyOut(UNITS, address, BigInt(length * 2));
  // Not spread: that takes three times as long.
  const units = UNITS.subarray(0, length) as unknown as number[];
  return String.fromCharCode.apply(null, units).toWellFormed();
}

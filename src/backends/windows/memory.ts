import { ATTRIBUTE_SIZE, type AttributeFields, decodeAttribute } from "./attributes.ts";
import { CREDENTIAL_SIZE, type CredentialHeader, decodeCredential } from "./structs.ts";
import type { Libraries } from "./libraries.ts";

export interface StoredCredential {
  /** One of `CRED_TYPE`. */
  type: number;
  target: string;
  /** The user name; empty when there is none. */
  userName: string;
  /** The comment; empty when there is none. */
  comment: string;
  /** One of `PERSIST`. */
  persist: number;
  lastWritten: Date | undefined;
  /** A second name of the target; empty when there is none. */
  targetAlias: string;
  attributes: AttributeFields[];
}

export interface StoredSecret extends StoredCredential {
  /** The secret, which the caller must overwrite after use. */
  blob: Uint8Array;
}

type Kernel32 = Libraries["kernel32"];

/** Reads a `CREDENTIALW`. */
export function readHeader(kernel32: Kernel32, address: bigint): CredentialHeader {
  return decodeCredential(readBytes(kernel32, address, CREDENTIAL_SIZE));
}

export function zeroBlob(kernel32: Kernel32, { blob, blobSize }: CredentialHeader): void {
  if (blobSize > 0) kernel32.RtlZeroMemory(blob, BigInt(blobSize));
}

export function copyBlob(kernel32: Kernel32, { blob, blobSize }: CredentialHeader): Uint8Array {
  return readBytes(kernel32, blob, blobSize);
}

export function userNameOf(kernel32: Kernel32, header: CredentialHeader): string {
  return readWide(kernel32, header.userName);
}

export function commentOf(kernel32: Kernel32, header: CredentialHeader): string {
  return readWide(kernel32, header.comment);
}

export function describe(kernel32: Kernel32, header: CredentialHeader): StoredCredential {
  return {
    type: header.type,
    target: readWide(kernel32, header.targetName),
    userName: readWide(kernel32, header.userName),
    comment: readWide(kernel32, header.comment),
    persist: header.persist,
    lastWritten: header.lastWritten,
    targetAlias: readWide(kernel32, header.targetAlias),
    attributes: readAttributes(kernel32, header),
  };
}

function readAttributes(kernel32: Kernel32, header: CredentialHeader): AttributeFields[] {
  if (header.attributes === 0n) return [];
  const bytes = readBytes(kernel32, header.attributes, header.attributeCount * ATTRIBUTE_SIZE);
  return Array.from({ length: header.attributeCount }, (_, index) => {
    const { keyword, flags, value, valueSize } = decodeAttribute(
      bytes.subarray(index * ATTRIBUTE_SIZE),
    );
    return {
      keyword: readWide(kernel32, keyword),
      flags,
      value: readBytes(kernel32, value, valueSize),
    };
  });
}

function readBytes(kernel32: Kernel32, address: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  if (size > 0) kernel32.copyOut(bytes, address, BigInt(size));
  return bytes;
}

const UTF16 = new TextDecoder("utf-16le", { ignoreBOM: true });

function readWide(kernel32: Kernel32, address: bigint): string {
  if (address === 0n) return "";
  return UTF16.decode(readBytes(kernel32, address, kernel32.lstrlenW(address) * 2));
}

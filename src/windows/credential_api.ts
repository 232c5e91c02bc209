/**
 * The Credential Manager's calls, on generic credentials.
 *
 * Every call takes its error code in the very expression that failed: anything in between (another
 * call, an allocation, a log line) may overwrite it. The memory of each credential, ours and the
 * system's, is zeroed before it is freed.
 *
 * @module
 */

import {
  blockSize,
  CRED_TYPE_GENERIC,
  CREDENTIAL_SIZE,
  type CredentialFields,
  type CredentialHeader,
  decodeCredential,
  encodeCredential,
  encodeWide,
} from "./credential.ts";
import { CODE_LOST, ERROR_NOT_FOUND } from "./error_codes.ts";
import { type Libraries, openLibraries } from "./libraries.ts";

/** A credential that was read. */
export interface StoredCredential {
  /** The target name, as its writer spelled it. */
  target: string;
  /** The user name; empty when there is none. */
  userName: string;
  /** The comment; empty when there is none. */
  comment: string;
  /** One of `PERSIST`. */
  persist: number;
  /** When it was written. */
  lastWritten: Date | undefined;
}

/** A credential that was read with its secret. */
export interface StoredSecret extends StoredCredential {
  /** The secret, which the caller must overwrite after use. */
  blob: Uint8Array;
}

/** A call failed with this code of `GetLastError`. */
export class WindowsError extends Error {
  /** The class's name. */
  override name = "WindowsError";

  /**
   * Keeps the code; what it means is looked up by who knows the operation.
   *
   * @param code What `GetLastError` returned.
   */
  constructor(readonly code: number) {
    super(`Windows error ${code}`);
  }
}

const SUCCESS = -1;
const TRIES = 3;

/**
 * `CredReadW`.
 *
 * @param target The target name.
 * @returns The credential, or `undefined` when there is none.
 */
export function readCredential(target: string): StoredSecret | undefined {
  const { advapi32: { CredReadW, CredFree }, kernel32 } = openLibraries();
  const { GetLastError } = kernel32;
  const name = encodeWide(target);
  const out = new BigUint64Array(1);
  const found = attempt(() =>
    CredReadW(name, CRED_TYPE_GENERIC, 0, out) !== 0 ? SUCCESS : GetLastError()
  );
  if (!found) return undefined;
  const address = out[0] ?? 0n;
  const header = readHeader(kernel32, address);
  try {
    const blob = new Uint8Array(header.blobSize);
    if (header.blobSize > 0) kernel32.copyOut(blob, header.blob, BigInt(header.blobSize));
    return { ...describe(kernel32, header), blob };
  } finally {
    zeroBlob(kernel32, header);
    CredFree(address);
  }
}

/**
 * `CredWriteW`: creates the credential or replaces it as a whole.
 *
 * @param fields The credential.
 */
export function writeCredential(fields: CredentialFields): void {
  const { advapi32: { CredWriteW }, kernel32 } = openLibraries();
  const { GetLastError, LocalAlloc, LocalFree, RtlZeroMemory, copyIn } = kernel32;
  const size = BigInt(blockSize(fields));
  const LMEM_ZEROINIT = 0x40;
  const address = LocalAlloc(LMEM_ZEROINIT, size);
  if (address === 0n) throw new RangeError(`Cannot allocate ${size} bytes`);
  const block = encodeCredential(fields, address);
  try {
    copyIn(address, block as Uint8Array<ArrayBuffer>, size);
    attempt(() => CredWriteW(address, 0) !== 0 ? SUCCESS : GetLastError(), "failure");
  } finally {
    block.fill(0);
    RtlZeroMemory(address, size);
    LocalFree(address);
  }
}

/**
 * `CredDeleteW`.
 *
 * @param target The target name.
 * @returns Whether there was such a credential.
 */
export function deleteCredential(target: string): boolean {
  const { advapi32: { CredDeleteW }, kernel32: { GetLastError } } = openLibraries();
  const name = encodeWide(target);
  return attempt(() => CredDeleteW(name, CRED_TYPE_GENERIC, 0) !== 0 ? SUCCESS : GetLastError());
}

/**
 * `CredEnumerateW` over all credentials. Windows copies every secret into this process to answer
 * it; they are zeroed at once, unread.
 *
 * @returns The generic credentials, without their secrets.
 */
export function enumerateCredentials(): StoredCredential[] {
  const { advapi32: { CredEnumerateW, CredFree }, kernel32 } = openLibraries();
  const { GetLastError } = kernel32;
  const count = new Uint32Array(1);
  const out = new BigUint64Array(1);
  const found = attempt(() => CredEnumerateW(null, 0, count, out) !== 0 ? SUCCESS : GetLastError());
  if (!found) return [];
  const address = out[0] ?? 0n;
  const pointers = new BigUint64Array(count[0] ?? 0);
  kernel32.copyOut(pointers, address, BigInt(pointers.byteLength));
  const headers = [...pointers].map((pointer) => readHeader(kernel32, pointer));
  try {
    return headers.filter(({ type }) => type === CRED_TYPE_GENERIC)
      .map((header) => describe(kernel32, header));
  } finally {
    for (const header of headers) zeroBlob(kernel32, header);
    CredFree(address);
  }
}

// Repeats a call whose code was lost: each of them may be repeated without harm, and to take a lost
// code for "not found" would hide a real failure.
function attempt(call: () => number, notFound: "answer" | "failure" = "answer"): boolean {
  for (let tries = 1;; tries++) {
    const code = call();
    if (code === SUCCESS) return true;
    if (code === ERROR_NOT_FOUND && notFound === "answer") return false;
    if (code !== CODE_LOST || tries === TRIES) throw new WindowsError(code);
  }
}

function readHeader(kernel32: Libraries["kernel32"], address: bigint): CredentialHeader {
  const bytes = new Uint8Array(CREDENTIAL_SIZE);
  kernel32.copyOut(bytes, address, BigInt(CREDENTIAL_SIZE));
  return decodeCredential(bytes);
}

function zeroBlob(kernel32: Libraries["kernel32"], { blob, blobSize }: CredentialHeader): void {
  if (blobSize > 0) kernel32.RtlZeroMemory(blob, BigInt(blobSize));
}

function describe(kernel32: Libraries["kernel32"], header: CredentialHeader): StoredCredential {
  return {
    target: readWide(kernel32, header.targetName),
    userName: readWide(kernel32, header.userName),
    comment: readWide(kernel32, header.comment),
    persist: header.persist,
    lastWritten: header.lastWritten,
  };
}

const UTF16 = new TextDecoder("utf-16le", { ignoreBOM: true });

function readWide(kernel32: Libraries["kernel32"], address: bigint): string {
  if (address === 0n) return "";
  const bytes = new Uint8Array(kernel32.lstrlenW(address) * 2);
  if (bytes.length === 0) return "";
  kernel32.copyOut(bytes, address, BigInt(bytes.length));
  return UTF16.decode(bytes);
}

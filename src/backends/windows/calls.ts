// The Credential Manager's calls.
// Every call takes its error code in the very expression that failed: anything in between
// (another call, an allocation, a log line) may overwrite it. The memory of each credential, ours
// and the system's, is zeroed before it is freed.

import { attempt, SUCCESS } from "./attempt.ts";
import { CRED_TYPE_GENERIC } from "./constants.ts";
import {
  blockSize,
  type CredentialFields,
  type CredentialHeader,
  encodeCredential,
} from "./structs.ts";
import { type Libraries, openLibraries } from "./libraries.ts";
import {
  commentOf,
  copyBlob,
  describe,
  readHeader,
  type StoredSecret,
  userNameOf,
  zeroBlob,
} from "./memory.ts";
import { encodeWide } from "./wide.ts";

export { WindowsError } from "./attempt.ts";
export { enumerateCredentials } from "./enumerate.ts";
export type { StoredCredential, StoredSecret } from "./memory.ts";

/** What a read may copy of a credential, while it is in the memory of the system. */
export interface CredentialView {
  /** The user name; empty when there is none. */
  userName(): string;
  /** The comment; empty when there is none. */
  comment(): string;
  /** The secret, which the caller must overwrite after use. */
  blob(): Uint8Array;
}

/** `CredReadW`. */
export function readCredential(
  target: string,
  type: number = CRED_TYPE_GENERIC,
): StoredSecret | undefined {
  return read(target, type, (kernel32, header) => ({
    ...describe(kernel32, header),
    blob: copyBlob(kernel32, header),
  }));
}

/**
 * `CredReadW` of a generic credential for a part of what it holds: each string that is not copied
 * saves two calls.
 */
export function viewCredential<T>(
  target: string,
  take: (view: CredentialView) => T,
): T | undefined {
  return read(target, CRED_TYPE_GENERIC, (kernel32, header) =>
    take({
      userName: () => userNameOf(kernel32, header),
      comment: () => commentOf(kernel32, header),
      blob: () => copyBlob(kernel32, header),
    }));
}

function read<T>(
  target: string,
  type: number,
  take: (kernel32: Libraries["kernel32"], header: CredentialHeader) => T,
): T | undefined {
  const { advapi32: { CredReadW, CredFree }, kernel32 } = openLibraries();
  const { GetLastError } = kernel32;
  const name = encodeWide(target);
  const out = new BigUint64Array(1);
  const found = attempt(() => CredReadW(name, type, 0, out) !== 0 ? SUCCESS : GetLastError());
  if (!found) return undefined;
  const address = out[0] ?? 0n;
  const header = readHeader(kernel32, address);
  try {
    return take(kernel32, header);
  } finally {
    zeroBlob(kernel32, header);
    CredFree(address);
  }
}

/** `CredWriteW`: creates the credential or replaces it as a whole. */
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

/** `CredDeleteW`. */
export function deleteCredential(target: string, type: number = CRED_TYPE_GENERIC): boolean {
  const { advapi32: { CredDeleteW }, kernel32: { GetLastError } } = openLibraries();
  const name = encodeWide(target);
  return attempt(() => CredDeleteW(name, type, 0) !== 0 ? SUCCESS : GetLastError());
}

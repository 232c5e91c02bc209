/**
 * The Credential Manager's calls.
 *
 * Every call takes its error code in the very expression that failed: anything in between (another
 * call, an allocation, a log line) may overwrite it. The memory of each credential, ours and the
 * system's, is zeroed before it is freed.
 *
 * @module
 */

import { attempt, SUCCESS } from "./attempt.ts";
import { CRED_TYPE_GENERIC } from "./constants.ts";
import { blockSize, type CredentialFields, encodeCredential } from "./credential.ts";
import { openLibraries } from "./libraries.ts";
import { copyBlob, describe, readHeader, type StoredSecret, zeroBlob } from "./memory.ts";
import { encodeWide } from "./wide.ts";

export { WindowsError } from "./attempt.ts";
export { enumerateCredentials } from "./enumerate.ts";
export type { StoredCredential, StoredSecret } from "./memory.ts";

/**
 * `CredReadW`.
 *
 * @param target The target name.
 * @param type One of `CRED_TYPE`.
 * @returns The credential, or `undefined` when there is none.
 */
export function readCredential(
  target: string,
  type: number = CRED_TYPE_GENERIC,
): StoredSecret | undefined {
  const { advapi32: { CredReadW, CredFree }, kernel32 } = openLibraries();
  const { GetLastError } = kernel32;
  const name = encodeWide(target);
  const out = new BigUint64Array(1);
  const found = attempt(() => CredReadW(name, type, 0, out) !== 0 ? SUCCESS : GetLastError());
  if (!found) return undefined;
  const address = out[0] ?? 0n;
  const header = readHeader(kernel32, address);
  try {
    return { ...describe(kernel32, header), blob: copyBlob(kernel32, header) };
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
 * @param type One of `CRED_TYPE`.
 * @returns Whether there was such a credential.
 */
export function deleteCredential(target: string, type: number = CRED_TYPE_GENERIC): boolean {
  const { advapi32: { CredDeleteW }, kernel32: { GetLastError } } = openLibraries();
  const name = encodeWide(target);
  return attempt(() => CredDeleteW(name, type, 0) !== 0 ? SUCCESS : GetLastError());
}

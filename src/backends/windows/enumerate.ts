import { attempt, SUCCESS } from "./attempt.ts";
import { CRED_ENUMERATE_ALL_CREDENTIALS, CRED_TYPE_GENERIC } from "./constants.ts";
import type { CredentialHeader } from "./structs.ts";
import { type Libraries, openLibraries } from "./libraries.ts";
import {
  copyBlob,
  describe,
  readHeader,
  type StoredCredential,
  type StoredSecret,
  zeroBlob,
} from "./memory.ts";
import { encodeWide } from "./wide.ts";

export interface EnumerateFilter {
  /** The beginning of their targets; empty for every target. */
  prefix: string;
  /** Also those that other parts of Windows keep for themselves; then there can be no prefix. */
  all: boolean;
}

const EVERYTHING: EnumerateFilter = { prefix: "", all: false };

/**
 * `CredEnumerateW` over all credentials. Windows copies every secret into this process to answer
 * it; they are zeroed at once, unread.
 */
export function enumerateCredentials(): StoredCredential[] {
  return enumerate(
    EVERYTHING,
    (kernel32, headers) =>
      headers.filter(({ type }) => type === CRED_TYPE_GENERIC)
        .map((header) => describe(kernel32, header)),
  );
}

/** `CredEnumerateW` over the credentials of every type. */
export function enumerateAnyType(filter: EnumerateFilter): StoredCredential[] {
  return enumerate(
    filter,
    (kernel32, headers) => headers.map((header) => describe(kernel32, header)),
  );
}

/** `CredEnumerateW` over the credentials of every type, with their secrets. */
export function enumerateSecrets(filter: EnumerateFilter): StoredSecret[] {
  return enumerate(filter, (kernel32, headers) =>
    headers.map((header) => ({
      ...describe(kernel32, header),
      blob: copyBlob(kernel32, header),
    })));
}

function enumerate<T>(
  { prefix, all }: EnumerateFilter,
  take: (kernel32: Libraries["kernel32"], headers: CredentialHeader[]) => T[],
): T[] {
  const { advapi32: { CredEnumerateW, CredFree }, kernel32 } = openLibraries();
  const { GetLastError } = kernel32;
  const filter = all || prefix === "" ? null : encodeWide(`${prefix}*`);
  const flags = all ? CRED_ENUMERATE_ALL_CREDENTIALS : 0;
  const count = new Uint32Array(1);
  const out = new BigUint64Array(1);
  const found = attempt(() =>
    CredEnumerateW(filter, flags, count, out) !== 0 ? SUCCESS : GetLastError()
  );
  if (!found) return [];
  const address = out[0] ?? 0n;
  const pointers = new BigUint64Array(count[0] ?? 0);
  kernel32.copyOut(pointers, address, BigInt(pointers.byteLength));
  const headers = [...pointers].map((pointer) => readHeader(kernel32, pointer));
  try {
    return take(kernel32, headers);
  } finally {
    for (const header of headers) zeroBlob(kernel32, header);
    CredFree(address);
  }
}

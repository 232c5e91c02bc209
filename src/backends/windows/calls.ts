// The Credential Manager's calls.
// Every call takes its error code in the very expression that failed: anything in between
// (another call, an allocation, a log line) may overwrite it. The memory of each credential, ours
// and the system's, is zeroed before it is freed.

import { Failure } from "../../errors.ts";
import { CODE_LOST, ERROR_NOT_FOUND, failureOf } from "./errors.ts";
import { ffiFlag, libraryPaths } from "./libraries.ts";
import {
  BLOB_FIELDS,
  blockSize,
  copyCredential,
  type CredentialFields,
  encodeBlobFields,
  encodeCredential,
  encodeWide,
  readHeader,
  type StoredCredential,
  zeroSecret,
} from "./structs.ts";
import {
  ADVAPI32,
  CRED_ENUMERATE_ALL_CREDENTIALS,
  CRED_TYPE,
  KERNEL32,
  LMEM_ZEROINIT,
} from "./symbols.ts";

export interface Libraries {
  advapi32: Deno.DynamicLibrary<typeof ADVAPI32>["symbols"];
  kernel32: Deno.DynamicLibrary<typeof KERNEL32>["symbols"];
}

let libraries: Libraries | undefined;

/**
 * Opens the libraries, or returns those that are open. They stay open until the process ends: Deno
 * itself never unloads them either.
 */
export function openLibraries(): Libraries {
  return libraries ??= open();
}

function open(): Libraries {
  const { advapi32, kernel32 } = libraryPaths();
  let kernel: Deno.DynamicLibrary<typeof KERNEL32> | undefined;
  try {
    // kernel32 first: opening a library between a failed call and GetLastError loses the error code.
    kernel = Deno.dlopen(kernel32, KERNEL32);
    return { kernel32: kernel.symbols, advapi32: Deno.dlopen(advapi32, ADVAPI32).symbols };
  } catch (error) {
    kernel?.close();
    throw error instanceof Deno.errors.NotCapable
      ? new Failure("permission", "a Deno permission is missing", { flag: ffiFlag() })
      : new Failure("uninitialized", "advapi32.dll cannot be opened", { cause: error });
  }
}

export const SUCCESS = -1;
const TRIES = 3;

/**
 * Makes a call, and repeats it while its code was lost: each call here may be repeated without
 * harm, and to take a lost code for "not found" would hide a real failure.
 */
export function attempt(call: () => number, notFound: "answer" | "failure" = "answer"): boolean {
  for (let tries = 1;; tries++) {
    const code = call();
    if (code === SUCCESS) return true;
    if (code === ERROR_NOT_FOUND && notFound === "answer") return false;
    if (code !== CODE_LOST || tries === TRIES) throw failureOf(code);
  }
}

// Where Windows puts the address of what it found.
const OUT = new BigUint64Array(1);

/** `CredReadW` */
export function readCredential(
  target: string,
  type: number = CRED_TYPE.generic,
): StoredCredential | undefined {
  const { advapi32: { CredReadW }, kernel32: { GetLastError } } = openLibraries();
  const name = encodeWide(target);
  const found = attempt(() => CredReadW(name, type, 0, OUT) !== 0 ? SUCCESS : GetLastError());
  if (!found) return undefined;
  const address = OUT[0] ?? 0n;
  return takeOut(address, [address], true)[0];
}

/** Copies credentials out of the memory of Windows, zeroes their secrets there, and frees it. */
function takeOut(
  block: bigint,
  addresses: readonly bigint[],
  withSecrets: boolean,
): StoredCredential[] {
  const { advapi32: { CredFree }, kernel32 } = openLibraries();
  const headers = addresses.map((address) => readHeader(kernel32, address));
  try {
    return headers.map((header) => copyCredential(kernel32, header, withSecrets));
  } finally {
    for (const header of headers) zeroSecret(kernel32, header);
    CredFree(block);
  }
}

/** `CredWriteW`: creates the credential or replaces it as a whole. */
export function writeCredential(fields: CredentialFields): void {
  const { LocalAlloc, LocalFree, RtlZeroMemory, copyIn } = openLibraries().kernel32;
  const size = BigInt(blockSize(fields));
  const address = LocalAlloc(LMEM_ZEROINIT, size);
  if (address === 0n) throw new Failure("other", `Windows has no ${size} bytes of memory left`);
  const block = encodeCredential(fields, address);
  try {
    copyIn(address, block, size);
    put(address, fields.target);
  } finally {
    block.fill(0);
    RtlZeroMemory(address, size);
    LocalFree(address);
  }
}

function put(address: bigint, target: string): void {
  const { advapi32: { CredWriteW }, kernel32: { GetLastError } } = openLibraries();
  if (attempt(() => CredWriteW(address, 0) !== 0 ? SUCCESS : GetLastError())) return;
  // The limit that is documented, 32766, is not what every Windows holds.
  const reason = `Windows does not take a target of ${target.length} characters`;
  const details = { code: ERROR_NOT_FOUND, codeName: "ERROR_NOT_FOUND" };
  throw new Failure("other", reason, { ...details, advice: "Use shorter names." });
}

/** Replaces the secret of a generic credential, and keeps all else of it, by `CredWriteW`. */
export function replaceSecret(target: string, secret: Uint8Array): void {
  const { advapi32: { CredFree, CredReadW }, kernel32 } = openLibraries();
  const { GetLastError, LocalAlloc, LocalFree, RtlZeroMemory, copyIn } = kernel32;
  const name = encodeWide(target);
  const size = BigInt(secret.length);
  // One more byte, so that an empty secret has an address, too.
  const place = LocalAlloc(LMEM_ZEROINIT, size + 1n);
  if (place === 0n) throw new Failure("other", `Windows has no ${size} bytes of memory left`);
  try {
    attempt(() => CredReadW(name, CRED_TYPE.generic, 0, OUT) ? SUCCESS : GetLastError(), "failure");
    const address = OUT[0] ?? 0n;
    const header = readHeader(kernel32, address);
    try {
      copyIn(place, secret, size);
      const patch = encodeBlobFields(secret.length, place);
      copyIn(address + BLOB_FIELDS, patch, BigInt(patch.length));
      // Windows hands out flags that it does not take.
      copyIn(address, new Uint8Array(4), 4n);
      put(address, target);
    } finally {
      zeroSecret(kernel32, header);
      CredFree(address);
    }
  } finally {
    RtlZeroMemory(place, size);
    LocalFree(place);
  }
}

/** `CredDeleteW`; returns whether there was one. */
export function deleteCredential(target: string, type: number = CRED_TYPE.generic): boolean {
  const { advapi32: { CredDeleteW }, kernel32: { GetLastError } } = openLibraries();
  const name = encodeWide(target);
  return attempt(() => CredDeleteW(name, type, 0) !== 0 ? SUCCESS : GetLastError());
}

export interface EnumerateOptions {
  /** The beginning of their targets; empty for every target. */
  prefix?: string;
  /** Also those that other parts of Windows keep for themselves; then there can be no prefix. */
  all?: boolean;
  withSecrets?: boolean;
}

/**
 * `CredEnumerateW` over the credentials of every type. Windows copies every secret into this process
 * to answer it; they are zeroed at once.
 */
export function enumerateCredentials(options: EnumerateOptions = {}): StoredCredential[] {
  const { prefix = "", all = false, withSecrets = false } = options;
  const { advapi32: { CredEnumerateW }, kernel32: { GetLastError, copyOut } } = openLibraries();
  const filter = all || prefix === "" ? null : encodeWide(`${prefix}*`);
  const flags = all ? CRED_ENUMERATE_ALL_CREDENTIALS : 0;
  const count = new Uint32Array(1);
  const found = attempt(() =>
    CredEnumerateW(filter, flags, count, OUT) !== 0 ? SUCCESS : GetLastError()
  );
  if (!found) return [];
  const block = OUT[0] ?? 0n;
  const addresses = new BigUint64Array(count[0] ?? 0);
  copyOut(addresses, block, BigInt(addresses.byteLength));
  return takeOut(block, [...addresses], withSecrets);
}

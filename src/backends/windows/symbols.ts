// What `wincred.h`, `winbase.h` and `errhandlingapi.h` declare, as far as it is needed here.
// Addresses travel as `usize` and are never turned into `Deno.UnsafePointer`: that would need FFI
// to be granted as a whole, and so a grant for these two libraries would not be enough.

/** advapi32.dll */
export const ADVAPI32 = {
  /** `BOOL CredReadW(LPCWSTR TargetName, DWORD Type, DWORD Flags, PCREDENTIALW *Credential)` */
  CredReadW: { parameters: ["buffer", "u32", "u32", "buffer"], result: "i32" },
  /** `BOOL CredWriteW(PCREDENTIALW Credential, DWORD Flags)` */
  CredWriteW: { parameters: ["usize", "u32"], result: "i32" },
  /** `BOOL CredDeleteW(LPCWSTR TargetName, DWORD Type, DWORD Flags)` */
  CredDeleteW: { parameters: ["buffer", "u32", "u32"], result: "i32" },
  /** `BOOL CredEnumerateW(LPCWSTR Filter, DWORD Flags, DWORD *Count, PCREDENTIALW **Credential)` */
  CredEnumerateW: { parameters: ["buffer", "u32", "buffer", "buffer"], result: "i32" },
  /** `VOID CredFree(PVOID Buffer)` */
  CredFree: { parameters: ["usize"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** advapi32.dll, too: what describes the logon. */
export const LOGON = {
  /** `BOOL CredGetSessionTypes(DWORD MaximumPersistCount, LPDWORD MaximumPersist)` */
  CredGetSessionTypes: { parameters: ["u32", "buffer"], result: "i32" },
  /** `BOOL GetUserNameW(LPWSTR lpBuffer, LPDWORD pcbBuffer)` */
  GetUserNameW: { parameters: ["buffer", "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** kernel32.dll */
export const KERNEL32 = {
  /** `DWORD GetLastError()` */
  GetLastError: { parameters: [], result: "u32" },
  /** `HLOCAL LocalAlloc(UINT uFlags, SIZE_T uBytes)` */
  LocalAlloc: { parameters: ["u32", "usize"], result: "usize" },
  /** `HLOCAL LocalFree(HLOCAL hMem)` */
  LocalFree: { parameters: ["usize"], result: "usize" },
  /**
   * `HANDLE CreateMutexW(LPSECURITY_ATTRIBUTES lpMutexAttributes, BOOL bInitialOwner, LPCWSTR
   * lpName)`
   */
  CreateMutexW: { parameters: ["usize", "i32", "buffer"], result: "usize" },
  /** `DWORD WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)` */
  WaitForSingleObject: { parameters: ["usize", "u32"], result: "u32" },
  /** `BOOL ReleaseMutex(HANDLE hMutex)` */
  ReleaseMutex: { parameters: ["usize"], result: "i32" },
  /** `int lstrlenW(LPCWSTR lpString)` */
  lstrlenW: { parameters: ["usize"], result: "i32" },
  /**
   * `VOID RtlMoveMemory(VOID *Destination, const VOID *Source, SIZE_T Length)`, out to JavaScript
   */
  copyOut: {
    name: "RtlMoveMemory",
    parameters: ["buffer", "usize", "usize"],
    result: "void",
  },
  /** `RtlMoveMemory`, in from JavaScript */
  copyIn: {
    name: "RtlMoveMemory",
    parameters: ["usize", "buffer", "usize"],
    result: "void",
  },
  /** `VOID RtlZeroMemory(VOID *Destination, SIZE_T Length)` */
  RtlZeroMemory: { parameters: ["usize", "usize"], result: "void" },
} as const satisfies Deno.ForeignLibraryInterface;

/** The types that Windows still supports: `CRED_TYPE_GENERIC` and so on. */
export const CRED_TYPE = {
  "generic": 1,
  "domain-password": 2,
  "domain-certificate": 3,
  "generic-certificate": 5,
  "domain-extended": 6,
} as const;
/** `CRED_TYPE_MAXIMUM`: the number of types that `CredGetSessionTypes` reports. */
export const CRED_TYPE_MAXIMUM = 7;
/** `CRED_PERSIST_SESSION`, `CRED_PERSIST_LOCAL_MACHINE`, `CRED_PERSIST_ENTERPRISE` */
export const PERSIST = { session: 1, local: 2, enterprise: 3 } as const;
export const CRED_ENUMERATE_ALL_CREDENTIALS = 1;
export const LMEM_ZEROINIT = 0x40;

// The header's lengths of strings count the NUL at the end; these do not. They are UTF-16 code units.

/** `CRED_MAX_CREDENTIAL_BLOB_SIZE` in bytes. */
export const MAX_BLOB_BYTES = 5 * 512;
/** `CRED_MAX_GENERIC_TARGET_NAME_LENGTH` */
export const MAX_TARGET_LENGTH = 32_766;
/**
 * The longest target that an entry gets. Windows fails somewhere below the length that it documents;
 * others keep to 30 KiB.
 */
export const MAX_ENTRY_TARGET_LENGTH = 30 * 1024;
/** `CRED_MAX_DOMAIN_TARGET_NAME_LENGTH` */
export const MAX_DOMAIN_TARGET_LENGTH = 336;
/** `CRED_MAX_USERNAME_LENGTH` */
export const MAX_USERNAME_LENGTH = 512;
/** `CRED_MAX_STRING_LENGTH`: of comments, aliases and keywords. */
export const MAX_STRING_LENGTH = 255;
/** `CRED_MAX_ATTRIBUTES` */
export const MAX_ATTRIBUTES = 64;
/** `CRED_MAX_VALUE_SIZE` in bytes. */
export const MAX_VALUE_BYTES = 256;

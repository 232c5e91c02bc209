// The functions of advapi32 and kernel32 that the Credential Manager needs, as `wincred.h`,
// `winbase.h` and `errhandlingapi.h` declare them.
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

/** advapi32.dll, too: what tells of the logon. */
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

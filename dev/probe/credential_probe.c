// The other party of the Windows tests: the Credential Manager's functions as a C program calls
// them, with nothing of this library in between.
//
//   credential_probe read TARGET              user, persistence, comment and blob, a line each
//   credential_probe write TARGET USER HEX    writes the bytes, for this session only
//   credential_probe delete TARGET

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>
#include <windows.h>
#include <wincred.h>

static int fail(const char *what) {
    fprintf(stderr, "%s: error %lu\n", what, GetLastError());
    return 1;
}

static void print_wide(const wchar_t *text) {
    char utf8[4096] = "";
    if (text) WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
    printf("%s\n", utf8);
}

static int read_credential(const wchar_t *target) {
    PCREDENTIALW credential;
    if (!CredReadW(target, CRED_TYPE_GENERIC, 0, &credential)) return fail("CredReadW");
    print_wide(credential->UserName);
    printf("%lu\n", credential->Persist);
    print_wide(credential->Comment);
    for (DWORD i = 0; i < credential->CredentialBlobSize; i++) {
        printf("%02x", credential->CredentialBlob[i]);
    }
    printf("\n");
    CredFree(credential);
    return 0;
}

static int write_credential(wchar_t *target, wchar_t *user, const wchar_t *hex) {
    static BYTE blob[2560];
    DWORD size = (DWORD)(wcslen(hex) / 2);
    if (size > sizeof blob) return fail("too long");
    for (DWORD i = 0; i < size; i++) {
        wchar_t digits[3] = {hex[2 * i], hex[2 * i + 1], 0};
        blob[i] = (BYTE)wcstoul(digits, NULL, 16);
    }
    CREDENTIALW credential = {0};
    credential.Type = CRED_TYPE_GENERIC;
    credential.TargetName = target;
    credential.UserName = user;
    credential.CredentialBlobSize = size;
    credential.CredentialBlob = blob;
    credential.Persist = CRED_PERSIST_SESSION;
    return CredWriteW(&credential, 0) ? 0 : fail("CredWriteW");
}

int wmain(int argc, wchar_t **argv) {
    if (argc == 3 && !wcscmp(argv[1], L"read")) return read_credential(argv[2]);
    if (argc == 5 && !wcscmp(argv[1], L"write")) {
        return write_credential(argv[2], argv[3], argv[4]);
    }
    if (argc == 3 && !wcscmp(argv[1], L"delete")) {
        return CredDeleteW(argv[2], CRED_TYPE_GENERIC, 0) ? 0 : fail("CredDeleteW");
    }
    fprintf(stderr, "usage: credential_probe read|write|delete TARGET ...\n");
    return 2;
}

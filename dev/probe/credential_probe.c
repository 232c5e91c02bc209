// The other party of the Windows tests, and the floor of the Windows benchmark: the Credential
// Manager's functions as a C program calls them, with nothing of this library in between.
//
//   credential_probe read TARGET              user, persistence, comment and blob, a line each
//   credential_probe write TARGET USER HEX    writes the bytes, for this session only
//   credential_probe delete TARGET
//   credential_probe bench TARGET COUNT       microseconds for one CredReadW, the median of 5 runs
//   credential_probe bench-enumerate PREFIX   microseconds for one CredEnumerateW of all credentials,
//                                             the median of 5 runs, and how many begin with PREFIX

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

static int compare(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static int bench(const wchar_t *target, int count) {
    double runs[5];
    LARGE_INTEGER frequency, start, end;
    QueryPerformanceFrequency(&frequency);
    for (int run = 0; run < 5; run++) {
        QueryPerformanceCounter(&start);
        for (int i = 0; i < count; i++) {
            PCREDENTIALW credential;
            if (!CredReadW(target, CRED_TYPE_GENERIC, 0, &credential)) return fail("CredReadW");
            CredFree(credential);
        }
        QueryPerformanceCounter(&end);
        runs[run] = (end.QuadPart - start.QuadPart) * 1e6 / frequency.QuadPart / count;
    }
    qsort(runs, 5, sizeof *runs, compare);
    printf("%.3f\n", runs[2]);
    return 0;
}

static int bench_enumerate(const wchar_t *prefix) {
    double runs[5];
    DWORD found = 0;
    LARGE_INTEGER frequency, start, end;
    QueryPerformanceFrequency(&frequency);
    for (int run = 0; run < 5; run++) {
        PCREDENTIALW *credentials;
        DWORD count;
        QueryPerformanceCounter(&start);
        if (!CredEnumerateW(NULL, 0, &count, &credentials)) return fail("CredEnumerateW");
        found = 0;
        for (DWORD i = 0; i < count; i++) {
            found += !wcsncmp(credentials[i]->TargetName, prefix, wcslen(prefix));
            SecureZeroMemory(credentials[i]->CredentialBlob, credentials[i]->CredentialBlobSize);
        }
        CredFree(credentials);
        QueryPerformanceCounter(&end);
        runs[run] = (end.QuadPart - start.QuadPart) * 1e6 / frequency.QuadPart;
    }
    qsort(runs, 5, sizeof *runs, compare);
    printf("%.3f\n%lu\n", runs[2], found);
    return 0;
}

int wmain(int argc, wchar_t **argv) {
    if (argc == 3 && !wcscmp(argv[1], L"read")) return read_credential(argv[2]);
    if (argc == 5 && !wcscmp(argv[1], L"write")) {
        return write_credential(argv[2], argv[3], argv[4]);
    }
    if (argc == 3 && !wcscmp(argv[1], L"delete")) {
        return CredDeleteW(argv[2], CRED_TYPE_GENERIC, 0) ? 0 : fail("CredDeleteW");
    }
    if (argc == 4 && !wcscmp(argv[1], L"bench")) return bench(argv[2], _wtoi(argv[3]));
    if (argc == 3 && !wcscmp(argv[1], L"bench-enumerate")) return bench_enumerate(argv[2]);
    fprintf(stderr, "usage: credential_probe read|write|delete|bench|bench-enumerate TARGET ...\n");
    return 2;
}

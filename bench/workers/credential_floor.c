// The floor under Windows: what the calls of the Credential Manager themselves cost a C program. It
// makes the very calls that this library's layout needs, and so reads before it writes:
//
//   get      reads SERVICE
//   miss     reads SERVICE, then nobody@SERVICE, then SERVICE again: an entry may just have moved
//   set      reads both places of the entry, writes SERVICE, all under a mutex
//   delete   reads both places of the entry, deletes SERVICE, all under a mutex
//   list     enumerates everything
//
// With the argument `bare`, set and delete are the one call that writes or deletes, as in programs
// whose layout has one place an entry. The protocol is that of serve.mjs.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>
#include <wincred.h>

#define MOST_CALLS 100000

static wchar_t service[256], username[256], compound[512], nobody[512];
static int bare, expected;
static HANDLE mutex;

/* Copies what a caller needs, and leaves no secret behind; returns whether the user matches. */
static int read_as(const wchar_t *target, const wchar_t *user) {
    PCREDENTIALW credential;
    wchar_t name[513] = L"", comment[256] = L"";
    BYTE blob[2560];
    if (!CredReadW(target, CRED_TYPE_GENERIC, 0, &credential)) return -1;
    if (credential->UserName) wcsncpy(name, credential->UserName, 512);
    if (credential->Comment) wcsncpy(comment, credential->Comment, 255);
    memcpy(blob, credential->CredentialBlob, credential->CredentialBlobSize);
    SecureZeroMemory(blob, credential->CredentialBlobSize);
    SecureZeroMemory(credential->CredentialBlob, credential->CredentialBlobSize);
    CredFree(credential);
    return !wcscmp(name, user);
}

static int get(void) {
    return read_as(service, username) == 1;
}

static int miss(void) {
    return read_as(service, L"nobody") != 1 && read_as(nobody, L"nobody") == -1 &&
           read_as(service, L"nobody") != 1;
}

/* A place that is free must not be taken by another process before it is written. */
static int exclusively(int (*work)(void)) {
    if (bare) return work();
    if (WaitForSingleObject(mutex, 0) != WAIT_OBJECT_0) return 0;
    int done = work();
    ReleaseMutex(mutex);
    return done;
}

static int write_entry(void) {
    static const wchar_t password[] = L"made-up";
    CREDENTIALW credential = {0};
    if (!bare) {
        int base = read_as(service, username), other = read_as(compound, username);
        if (base == 0 || other != -1) return 0;
    }
    credential.Type = CRED_TYPE_GENERIC;
    credential.TargetName = service;
    credential.UserName = username;
    credential.Comment = L"Stored using os-keyring";
    credential.CredentialBlobSize = sizeof password - sizeof *password;
    credential.CredentialBlob = (BYTE *)password;
    credential.Persist = CRED_PERSIST_LOCAL_MACHINE;
    return CredWriteW(&credential, 0);
}

static int delete_entry(void) {
    if (!bare && (read_as(compound, username) != -1 || read_as(service, username) != 1)) return 0;
    return CredDeleteW(service, CRED_TYPE_GENERIC, 0);
}

static int set(void) {
    return exclusively(write_entry);
}

static int remove_entry(void) {
    return exclusively(delete_entry);
}

static int list(void) {
    PCREDENTIALW *credentials;
    DWORD count;
    int found = 0;
    size_t length = wcslen(service);
    if (!CredEnumerateW(NULL, 0, &count, &credentials)) return 0;
    for (DWORD i = 0; i < count; i++) {
        found += !wcsncmp(credentials[i]->TargetName, service, length);
        SecureZeroMemory(credentials[i]->CredentialBlob, credentials[i]->CredentialBlobSize);
    }
    CredFree(credentials);
    return found == expected;
}

static int compare(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double measure(int count, int (*action)(void), int (*before)(void)) {
    static double times[MOST_CALLS];
    LARGE_INTEGER frequency, start, end;
    QueryPerformanceFrequency(&frequency);
    for (int i = 0; i < count; i++) {
        if (before && !before()) return -1;
        QueryPerformanceCounter(&start);
        if (!action()) return -1;
        QueryPerformanceCounter(&end);
        times[i] = (end.QuadPart - start.QuadPart) * 1e9 / frequency.QuadPart;
    }
    qsort(times, count, sizeof *times, compare);
    return times[count / 2];
}

static double answer(const char *request, int count) {
    if (!strcmp(request, "prepare")) return measure(1, set, NULL);
    if (!strcmp(request, "cleanup")) return measure(1, remove_entry, NULL);
    if (!strcmp(request, "get")) return measure(count, get, NULL);
    if (!strcmp(request, "miss")) return measure(count, miss, NULL);
    if (!strcmp(request, "set")) return measure(count, set, NULL);
    if (!strcmp(request, "delete")) return measure(count, remove_entry, set);
    if (!strcmp(request, "list")) return measure(count, list, NULL);
    return -1;
}

int wmain(int argc, wchar_t **argv) {
    char request[32];
    int count;
    mutex = CreateMutexW(NULL, FALSE, L"Local\\os-keyring-floor");
    bare = argc > 1 && !wcscmp(argv[1], L"bare");
    printf("{\"ns\":0}\n");
    fflush(stdout);
    while (scanf("%31s %d %255ls %255ls %d", request, &count, service, username, &expected) == 5) {
        _snwprintf(compound, 511, L"%ls@%ls", username, service);
        _snwprintf(nobody, 511, L"nobody@%ls", service);
        double ns = count > 0 && count <= MOST_CALLS ? answer(request, count) : -1;
        if (ns < 0) printf("{\"error\":\"%s: error %lu\"}\n", request, GetLastError());
        else printf("{\"ns\":%.0f}\n", ns);
        fflush(stdout);
    }
    return 0;
}

/** `CRED_TYPE_GENERIC` */
export const CRED_TYPE_GENERIC = 1;
/** `CRED_TYPE_GENERIC` and the others that Windows still supports. */
export const CRED_TYPE = {
  "generic": CRED_TYPE_GENERIC,
  "domain-password": 2,
  "domain-certificate": 3,
  "generic-certificate": 5,
  "domain-extended": 6,
} as const;
/** `CRED_TYPE_MAXIMUM`: the number of types that `CredGetSessionTypes` tells of. */
export const CRED_TYPE_MAXIMUM = 7;
/** `CRED_PERSIST_SESSION`, `CRED_PERSIST_LOCAL_MACHINE`, `CRED_PERSIST_ENTERPRISE` */
export const PERSIST = { session: 1, local: 2, enterprise: 3 } as const;
/** `CRED_ENUMERATE_ALL_CREDENTIALS` */
export const CRED_ENUMERATE_ALL_CREDENTIALS = 1;

// The header's lengths of strings count the NUL at the end; these do not. They are UTF-16 code units.

/** `CRED_MAX_CREDENTIAL_BLOB_SIZE` in bytes. */
export const MAX_BLOB_BYTES = 5 * 512;
/** `CRED_MAX_GENERIC_TARGET_NAME_LENGTH` less the NUL. */
export const MAX_TARGET_LENGTH = 32_766;
/** `CRED_MAX_DOMAIN_TARGET_NAME_LENGTH` less the NUL. */
export const MAX_DOMAIN_TARGET_LENGTH = 336;
/** `CRED_MAX_USERNAME_LENGTH` less the NUL. */
export const MAX_USERNAME_LENGTH = 512;
/** `CRED_MAX_STRING_LENGTH` less the NUL: of comments, aliases and keywords. */
export const MAX_STRING_LENGTH = 255;
/** `CRED_MAX_ATTRIBUTES` */
export const MAX_ATTRIBUTES = 64;
/** `CRED_MAX_VALUE_SIZE` in bytes. */
export const MAX_VALUE_BYTES = 256;

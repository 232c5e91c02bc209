/**
 * For authors of keyrings: the narrow interface of a backend, the keyring over it, and the
 * conformance suite that every store of this library passes.
 *
 * @example Test your own backend
 * ```ts
 * import { MemoryKeyring } from "jsr:@os-keyring/keyring@^0.1";
 * import { testKeyring } from "jsr:@os-keyring/keyring@^0.1/testing";
 *
 * testKeyring("MemoryKeyring", () => new MemoryKeyring()); // replace with yours
 * ```
 *
 * @module
 */

export { testKeyring, type TestKeyringOptions } from "./src/testing/conformance.ts";
export type { Backend, Entry, NameLimits, Secret, TextForm } from "./src/backend.ts";
export { Failure, type FailureDetails, type FailureKind } from "./src/errors.ts";
export { StoreKeyring } from "./src/store_keyring.ts";

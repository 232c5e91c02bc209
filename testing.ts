/**
 * For people who write a keyring: the narrow interface of a backend, the keyring over it, and the
 * conformance suite that every store of this library passes.
 *
 * @example Test a backend of your own
 * ```ts ignore
 * import { StoreKeyring, testKeyring } from "jsr:@os-keyring/keyring/testing";
 * import { MyBackend } from "./my_backend.ts";
 *
 * testKeyring("MyBackend", () => new StoreKeyring(new MyBackend()));
 * ```
 *
 * @module
 */

export { testKeyring, type TestKeyringOptions } from "./src/testing/conformance.ts";
export type { Backend, Entry, NameLimits, Secret, TextForm } from "./src/backend.ts";
export { Failure, type FailureDetails, type FailureKind } from "./src/errors.ts";
export { StoreKeyring } from "./src/store_keyring.ts";

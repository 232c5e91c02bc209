/**
 * For people who write a keyring: the conformance suite that every store of this library passes.
 *
 * @example Test a keyring of your own
 * ```ts ignore
 * import { testKeyring } from "jsr:@os-keyring/keyring/testing";
 * import { MyKeyring } from "./my_keyring.ts";
 *
 * testKeyring("MyKeyring", () => new MyKeyring());
 * ```
 *
 * @module
 */

export { testKeyring, type TestKeyringOptions } from "./src/testing/conformance.ts";

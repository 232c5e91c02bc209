/**
 * The stores by name, for a script that needs a particular one or options, and the keyrings that
 * combine other keyrings.
 *
 * The main module chooses a store by itself and loads its code at the first call, so that importing
 * it costs next to nothing. Importing this one loads the code of all stores, and opens none.
 *
 * @example Keep an entry in Windows until log-off
 * ```ts
 * import { setKeyring, setPassword } from "jsr:@os-keyring/keyring@^0.1";
 * import { WindowsKeyring } from "jsr:@os-keyring/keyring@^0.1/backends";
 *
 * setKeyring(new WindowsKeyring({ persistence: "session" }));
 * await setPassword("my_app", "alice", "s3cret");
 * ```
 *
 * @module
 */

export {
  type AzureAccessToken,
  type AzureCloud,
  type AzureCredential,
  AzureKeyVaultKeyring,
  type AzureKeyVaultOptions,
} from "./src/backends/azure_key_vault/backend.ts";
export { ChainKeyring, type ChainOptions } from "./src/backends/chain.ts";
export {
  HashiCorpVaultKeyring,
  type HashiCorpVaultOptions,
  type VaultAppRoleLogin,
  type VaultJwtLogin,
  type VaultLogin,
  type VaultSupply,
  type VaultTokenLogin,
} from "./src/backends/hashicorp_vault/backend.ts";
export { KWalletKeyring, type KWalletOptions } from "./src/backends/kwallet/backend.ts";
export { MacOSKeyring, type MacOSKeyringOptions } from "./src/backends/macos/backend.ts";
export { PassKeyring, type PassOptions } from "./src/backends/pass/backend.ts";
export {
  SecretServiceKeyring,
  type SecretServiceOptions,
} from "./src/backends/secret_service/backend.ts";
export { WindowsKeyring, type WindowsKeyringOptions } from "./src/backends/windows/backend.ts";
export type { LayoutName } from "./src/layouts/names.ts";

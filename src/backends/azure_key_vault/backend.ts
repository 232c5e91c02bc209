import type { Keyring } from "../../keyring.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { KeyVaultBackend } from "./key_vault_backend.ts";
import type { AzureKeyVaultOptions } from "./options.ts";

export type {
  AzureAccessToken,
  AzureCloud,
  AzureCredential,
  AzureKeyVaultOptions,
} from "./options.ts";
export { flags } from "./flags.ts";
export { probe } from "./probe.ts";

/**
 * Secrets of an Azure Key Vault. Chosen by `KEYRING_BACKEND=azure-key-vault`, with the Key Vault's name
 * in `KEYRING_AZURE_VAULT`.
 *
 * An entry is a secret named `kr-`, a readable part, and a digest of its names; the names themselves are
 * in the tags `keyring-service` and `keyring-username`, and are compared at every read. A replaced
 * secret gets a new version and keeps its other tags. The last writer wins: a Key Vault cannot
 * prevent that. A name whose secret was deleted is recovered before it is written, which takes
 * seconds and brings back its older versions; `onRecover` is called.
 *
 * Text may have up to 25,000 bytes. Bytes that are not text, up to 18,735, are stored as Base64 after
 * a marker. The names may have up to 512 bytes each.
 *
 * A missing, expired or refused login is a `KeyringLockedError`; a Key Vault that cannot be reached, or
 * limits the rate of requests, a `KeyringUnavailableError`; no configured Key Vault a `NoKeyringError`.
 *
 * Needs `--allow-net=NAME.vault.azure.net:443`, and what the login needs, such as
 * `--allow-env=KEYRING_AZURE_*,AZURE_*,IDENTITY_*`. It has been tested with an emulator and
 * Microsoft's own client, but never with Azure itself.
 *
 * @example Read a password with a credential of your choice
 * ```ts ignore
 * import { AzureKeyVaultKeyring } from "@os-keyring/keyring/backends";
 * import { DefaultAzureCredential } from "npm:@azure/identity";
 *
 * const keyring = new AzureKeyVaultKeyring({
 *   vault: "my-vault",
 *   credential: new DefaultAzureCredential(),
 * });
 * const password = await keyring.getPassword("my_app", "alice");
 * ```
 */
export class AzureKeyVaultKeyring extends StoreKeyring {
  readonly #backend: KeyVaultBackend;

  /**
   * Makes the keyring; the environment is read, and the Key Vault asked, at the first call.
   *
   * @param options Which Key Vault, and how to log in.
   */
  constructor(options: AzureKeyVaultOptions = {}) {
    const backend = new KeyVaultBackend(options);
    super(backend);
    this.#backend = backend;
  }

  /** Forgets what is cached. */
  close(): void {
    this.#backend.clearCache();
  }

  /** As `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

export function open({ notify }: { notify?: AzureKeyVaultOptions["onRecover"] } = {}): Keyring {
  return new AzureKeyVaultKeyring(notify ? { onRecover: notify } : {});
}

import type { Viability } from "../../errors.ts";
import type { CallOptions, Keyring } from "../../keyring.ts";
import { StoreKeyring } from "../../store_keyring.ts";
import { KeyValueBackend } from "./kv_backend.ts";
import type { HashiCorpVaultOptions } from "./options.ts";

export type {
  HashiCorpVaultOptions,
  VaultAppRoleLogin,
  VaultJwtLogin,
  VaultLogin,
  VaultSupply,
  VaultTokenLogin,
} from "./options.ts";

/**
 * Secrets of a HashiCorp Vault or OpenBao server: fields of a KV secrets engine, version 2. Chosen by
 * `KEYRING_BACKEND=hashicorp-vault`, or `openbao`.
 *
 * An entry is the field `password` of the secret at `SERVICE/USERNAME`, unless `path` says otherwise.
 * Every change keeps the other fields of that secret. A secret may have up to 750,000 bytes; bytes
 * that are not text are stored as Base64 after a marker. The names may have up to 2,048 bytes each.
 *
 * A sealed server and an expired token are a `KeyringLockedError`; a server that cannot be reached, or
 * limits the rate of requests, a `KeyringUnavailableError`; no configured server a `NoKeyringError`.
 *
 * Needs `--allow-net=HOST:PORT`, and `--allow-env=VAULT_ADDR,VAULT_TOKEN` if these are used.
 *
 * @example Read a password with the login of this machine
 * ```ts
 * import { HashiCorpVaultKeyring } from "@os-keyring/keyring/backends";
 *
 * const keyring = new HashiCorpVaultKeyring({
 *   address: "https://vault.example.com:8200",
 *   login: {
 *     roleId: "3ce445fd-141e-e202-6c7a-23bb42800549",
 *     secretId: () => Deno.readTextFile("/run/credentials/secret_id"),
 *   },
 * });
 * const password = await keyring.getPassword("my_app", "alice");
 * ```
 */
export class HashiCorpVaultKeyring extends StoreKeyring {
  readonly #backend: KeyValueBackend;

  /**
   * Makes the keyring; the environment is read, and the server asked, at the first call.
   *
   * @param options How to find the server, and how to log in.
   */
  constructor(options: HashiCorpVaultOptions = {}) {
    const backend = new KeyValueBackend(options);
    super(backend);
    this.#backend = backend;
  }

  /** Ends the connections that are kept open, and forgets what is cached. Calls open new ones. */
  async close(): Promise<void> {
    await this.#backend.close();
  }

  /** As `close`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export function open(): Keyring {
  return new HashiCorpVaultKeyring();
}

export { flags } from "./flags.ts";

export async function probe(options?: CallOptions): Promise<Viability> {
  return await (await import("./probe.ts")).probe(options);
}

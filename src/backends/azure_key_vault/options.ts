/** A cloud of Azure, as `az cloud list` names it. */
export type AzureCloud = "AzureCloud" | "AzureChinaCloud" | "AzureUSGovernment";

/** An access token, as the credentials of `@azure/identity` give it. */
export interface AzureAccessToken {
  /** The token. */
  token: string;
  /** When it expires, in milliseconds since 1970; without it, the token is used once. */
  expiresOnTimestamp?: number;
}

/** Anything that obtains access tokens, such as a `DefaultAzureCredential` of `@azure/identity`. */
export interface AzureCredential {
  /**
   * Obtains a token.
   *
   * @param scope What it is for, such as `https://vault.azure.net/.default`.
   * @param options A signal that ends the attempt.
   */
  getToken(
    scope: string,
    options?: { abortSignal?: AbortSignal },
  ): Promise<AzureAccessToken | null>;
}

/** How an `AzureKeyVaultKeyring` finds its Key Vault, and a login. */
export interface AzureKeyVaultOptions {
  /**
   * The name of the Key Vault, or its address, such as `https://my-vault.vault.azure.net`.
   *
   * @default {KEYRING_AZURE_VAULT}
   */
  vault?: string;
  /**
   * The cloud that it is in.
   *
   * @default {KEYRING_AZURE_CLOUD, else the one of AZURE_AUTHORITY_HOST, else "AzureCloud"}
   */
  cloud?: AzureCloud;
  /**
   * What obtains the tokens.
   *
   * @default {AZURE_CLIENT_SECRET, else AZURE_FEDERATED_TOKEN_FILE, else the managed identity of the machine, else the Azure CLI}
   */
  credential?: AzureCredential;
  /** The client that sends the requests, for a proxy, or a CA that the system does not know. */
  client?: Deno.HttpClient;
  /**
   * How many seconds a secret that was read stays in memory and answers further reads. Changes by
   * another program become visible that much later.
   *
   * @default {0}
   */
  cacheSeconds?: number;
  /**
   * How long a call may take, in milliseconds, with all its retries.
   *
   * @default {60000}
   */
  timeoutMs?: number;
  /**
   * Called when a deleted secret had to be recovered, so that its name can be used again. Its older
   * versions are readable again, too.
   *
   * @param notice A sentence that reports it.
   */
  onRecover?: (notice: string) => void | Promise<void>;
}

/** What obtains tokens. */
export interface Login {
  /** What messages call it. */
  name: string;
  credential: AzureCredential;
}

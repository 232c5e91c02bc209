/** A secret, or a function that fetches it when it is needed. */
export type VaultSupply = string | (() => string | Promise<string>);

/** A token that something else obtained, such as `bao login`. */
export interface VaultTokenLogin {
  /** The token. */
  token: VaultSupply;
}

/** AppRole, for programs on machines. */
export interface VaultAppRoleLogin {
  /** The role's ID. */
  roleId: string;
  /** The secret ID; missing where the role is bound to the machine's addresses instead. */
  secretId?: VaultSupply;
  /**
   * Where the auth method is mounted.
   *
   * @default {"approle"}
   */
  mount?: string;
}

/** A signed token (JWT) of a CI system or, at the mount `kubernetes`, of a service account. */
export interface VaultJwtLogin {
  /** The role's name. */
  role: string;
  /** The JWT. */
  jwt: VaultSupply;
  /**
   * Where the auth method is mounted.
   *
   * @default {"jwt"}
   */
  mount?: string;
}

/** How to log in to a Vault server. */
export type VaultLogin = VaultTokenLogin | VaultAppRoleLogin | VaultJwtLogin;

/** How a `HashiCorpVaultKeyring` finds its server, its entries, and a login. */
export interface HashiCorpVaultOptions {
  /**
   * The server's address. Plain http is refused except for this machine.
   *
   * @default {BAO_AGENT_ADDR or VAULT_AGENT_ADDR, else BAO_ADDR or VAULT_ADDR}
   */
  address?: string;
  /**
   * The namespace.
   *
   * @default {BAO_NAMESPACE or VAULT_NAMESPACE}
   */
  namespace?: string;
  /**
   * Where the secrets engine, KV version 2, is mounted.
   *
   * @default {KEYRING_VAULT_MOUNT, else "secret"}
   */
  mount?: string;
  /**
   * The path of an entry below the mount, with `{service}` and `{username}` as folders, and after `#`
   * the field that holds its password. For existing secrets, `{username}` may be the field, as
   * in `team/{service}#{username}`, and `{+service}` takes a service of several folders.
   *
   * @default {KEYRING_VAULT_PATH, else "{service}/{username}#password"}
   */
  path?: string;
  /**
   * How to log in.
   *
   * @default {KEYRING_VAULT_ROLE_ID and others, else BAO_TOKEN or VAULT_TOKEN, else ~/.vault-token}
   */
  login?: VaultLogin;
  /**
   * A file with certificates, in PEM, of a CA that the system does not know.
   *
   * @default {BAO_CACERT or VAULT_CACERT}
   */
  caFile?: string;
  /**
   * The other servers of the cluster, each as `host:port`: a standby may redirect to them, and only
   * over https.
   *
   * @default {KEYRING_VAULT_STANDBYS, separated by commas}
   */
  standbys?: readonly string[];
  /**
   * Whether plain http may be used for another machine: anyone in between then sees the token and the
   * secrets.
   *
   * @default {KEYRING_VAULT_ALLOW_HTTP is "1"}
   */
  allowHttp?: boolean;
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
}

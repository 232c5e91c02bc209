/** The options of a `PassKeyring`. */
export interface PassOptions {
  /**
   * The absolute path of the password store; by default `PASSWORD_STORE_DIR`, else `.password-store`
   * in the home folder.
   */
  folder?: string;
  /** The folder of gpg's keys; by default `GNUPGHOME`, else `.gnupg` in the home folder. */
  gpgHome?: string;
  /**
   * The time limit of each run of `gpg` and `git`, in milliseconds; gpg may be asking for a passphrase.
   *
   * @default {60000}
   */
  timeoutMs?: number;
}

/**
 * A keyring in one encrypted file, for machines without one: containers, CI, servers, WSL.
 *
 * The file is in the format of [age](https://age-encryption.org), which the command `age` opens,
 * too. typage, `npm:age-encryption`, encrypts it. This is a separate module, so programs that do not
 * use an encrypted file never download it.
 *
 * @example Use an encrypted file
 * ```ts
 * import { getPassword, setKeyring } from "jsr:@os-keyring/keyring@^0.1";
 * import { EncryptedFileKeyring } from "jsr:@os-keyring/keyring@^0.1/file";
 *
 * setKeyring(new EncryptedFileKeyring({ path: "/data/keyring.age", identityFile: "/run/secrets/identity" }));
 * console.log(await getPassword("my_app", "alice"));
 * ```
 *
 * Create the file and an identity once, with the command, and run the script with these flags:
 *
 * ```sh
 * deno install -gf -A -n keyring jsr:@os-keyring/keyring@^0.1/cli
 * KEYRING_FILE=/data/keyring.age keyring file init --identity /run/secrets/identity
 * deno run --allow-read=/data,/run/secrets --allow-write=/data main.ts
 * ```
 *
 * @module
 */

// `deno cache` and `deno compile` do not see the import in age.ts.
import "age-encryption";

export { EncryptedFileKeyring, type EncryptedFileOptions } from "./src/backends/file/backend.ts";
export type { AskPassphrase, PassphraseRequest } from "./src/backends/file/key.ts";

/**
 * A keyring in one encrypted file, for machines without one: containers, CI, servers, WSL.
 *
 * The file is in the format of [age](https://age-encryption.org), which the command `age` opens,
 * too; the encryption is that of typage, `npm:age-encryption`. It is a module of its own, so that
 * who needs no encrypted file never fetches that.
 *
 * @example Use an encrypted file
 * ```ts ignore
 * import { getPassword, setKeyring } from "jsr:@os-keyring/keyring";
 * import { EncryptedFileKeyring } from "jsr:@os-keyring/keyring/file";
 *
 * setKeyring(new EncryptedFileKeyring({ path: "/data/keyring.age", identityFile: "/run/secrets/identity" }));
 * console.log(await getPassword("my_app", "alice"));
 * ```
 *
 * @module
 */

// For `deno cache` and `deno compile`, which otherwise would not see that an encrypted file needs it.
import "age-encryption";

export { EncryptedFileKeyring, type EncryptedFileOptions } from "./src/backends/file/backend.ts";
export type { AskPassphrase, PassphraseRequest } from "./src/backends/file/key.ts";

/**
 * A keyring in one encrypted file, for machines without one: containers, CI, servers, WSL.
 *
 * The file is in the format of [age](https://age-encryption.org), which the command `age` opens,
 * too. typage, `npm:age-encryption`, encrypts it. This is a module of its own, so programs that use
 * no encrypted file never download that.
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

// `deno cache` and `deno compile` do not see the import in age.ts.
import "age-encryption";

export { EncryptedFileKeyring, type EncryptedFileOptions } from "./src/backends/file/backend.ts";
export type { AskPassphrase, PassphraseRequest } from "./src/backends/file/key.ts";

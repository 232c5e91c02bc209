// Stores a password in an encrypted file, and dies at one of the calls of the file system.

import { EncryptedFileKeyring } from "../../file.ts";
import { FileFaults } from "./file_faults.ts";

const [path = "", identityFile = "", password = "", at = "", when = ""] = Deno.args;
const keyring = new EncryptedFileKeyring({ path, identityFile });
using _ = new FileFaults(Number(at), when, () => Deno.exit(9));
await keyring.setPassword("s", "u", password);

// Stores two passwords in an encrypted file at once, and dies at one of its file system calls.

import { EncryptedFileKeyring } from "../../file.ts";
import { FileFaults } from "./file_faults.ts";

const [path = "", identityFile = "", password = "", at = "", when = ""] = Deno.args;
const keyring = new EncryptedFileKeyring({ path, identityFile });
using _ = new FileFaults(Number(at), when, () => Deno.exit(9));
await keyring.batch(async (opened) => {
  await opened.setPassword("s", "u", password);
  await opened.setPassword("s", "v", password);
});

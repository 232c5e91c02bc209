// One of many processes that add entries to one encrypted file, all once their standard input ends.

import { EncryptedFileKeyring } from "../../file.ts";

const [path = "", identityFile = "", service = "", count = ""] = Deno.args;
const keyring = new EncryptedFileKeyring({ path, identityFile, timeoutMs: 300_000 });
console.log("ready");
for await (const _ of Deno.stdin.readable);
for (let index = 0; index < Number(count); index++) {
  await keyring.setPassword(service, `user ${index}`, `of ${service} ${index}`);
}

// One of many processes that add entries to one vault.

import { VaultKeyring } from "../../file.ts";

const [path = "", identityFile = "", service = "", count = ""] = Deno.args;
const keyring = new VaultKeyring({ path, identityFile, timeoutMs: 300_000 });
for (let index = 0; index < Number(count); index++) {
  await keyring.setPassword(service, `user ${index}`, `of ${service} ${index}`);
}
